import { cruise, type ICruiseResult } from 'dependency-cruiser';
import type { ImportRule } from './import-rules.ts';
import type { Violation } from './structure-rules.ts';
import { GENERATED, isTestFile, TEST_FILE } from './workspace.ts';

/** An absolute path or a URL of a file, which dependency-cruiser takes for the name of a package. */
const ABSOLUTE = /^(\/|file:)/;

/**
 * Checks every import, export-from, dynamic import, require and type import of the files against the rules. Test files
 * are checked separately, since their imports may form circles of folders. Resolves as Node does, through `exports`;
 * links in the workspace are followed to the real folder.
 */
export async function checkImports(
  root: string,
  files: readonly string[],
  rules: readonly ImportRule[],
): Promise<Violation[]> {
  const code = files.filter((file) => !isTestFile(file));
  const tests = files.filter(isTestFile);
  return [
    ...(await checkPart(root, code, TEST_FILE, rules)),
    ...(await checkPart(
      root,
      tests,
      `^(?!.*${TEST_FILE})`,
      rules.filter(({ scope }) => scope !== 'folder'),
    )),
  ];
}

async function checkPart(
  root: string,
  files: string[],
  otherFiles: string,
  rules: readonly ImportRule[],
): Promise<Violation[]> {
  if (files.length === 0) return [];
  const { output } = await cruise(
    files,
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: [...rules] },
      tsPreCompilationDeps: true,
      detectProcessBuiltinModuleCalls: true,
      doNotFollow: { path: [`(^|/)(${GENERATED.join('|')})/`, otherFiles] },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default'],
        extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json'],
      },
    },
    // Test files come second and reuse what was resolved for the code.
    { bustTheCache: otherFiles === TEST_FILE },
  );
  const { modules, summary } = output as ICruiseResult;
  const adviceOf = (rule: string): string => rules.find(({ name }) => name === rule)?.comment ?? '';
  const violations = new Map<string, Violation>();
  for (const { from, to, cycle, rule } of summary.violations) {
    const names = cycle?.map(({ name }) => name);
    const found = `${from} imports ${names === undefined ? to : `itself by way of ${names.join(' -> ')}`}`;
    // A circle is found from each of its members, and reported once.
    const key = `${rule.name} ${names === undefined ? found : names.toSorted().join(' ')}`;
    violations.set(key, { found, rule: rule.name, advice: adviceOf(rule.name) });
  }
  const rule = 'no-path-across-projects';
  for (const { source, dependencies } of modules) {
    for (const { module } of dependencies.filter((it) => ABSOLUTE.test(it.module))) {
      violations.set(module, { found: `${source} imports ${module}`, rule, advice: adviceOf(rule) });
    }
  }
  return [...violations.values()];
}
