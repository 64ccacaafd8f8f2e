import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Violation } from './violation.ts';
import type { Workspace } from './workspace.ts';

const CONFIG_FILE = '.oxlintrc.json';
const RULE = 'oxlint-knows-runtime-any';

interface OxlintConfig {
  readonly overrides?: readonly {
    readonly files: readonly string[];
    readonly rules?: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * Compares the files for which .oxlintrc.json restricts globals with the projects tagged `runtime:any`, both ways,
 * so that a new project cannot miss the rule. One violation for each pattern that is missing or too much.
 */
export function checkOxlintFolders(workspace: Workspace): Violation[] {
  const config = JSON.parse(readFileSync(join(workspace.root, CONFIG_FILE), 'utf8')) as OxlintConfig;
  const restricted = (config.overrides ?? [])
    .filter(({ rules }) => rules?.['no-restricted-globals'] !== undefined)
    .flatMap(({ files }) => files);
  const tagged = workspace.projects.filter(({ runtime }) => runtime === 'any').map(({ folder }) => `${folder}/**/*.ts`);
  return [
    ...without(tagged, restricted).map((pattern) => ({
      file: CONFIG_FILE,
      found: `lacks ${pattern}`,
      rule: RULE,
      advice: 'add it to the files of the override with no-restricted-globals',
    })),
    ...without(restricted, tagged).map((pattern) => ({
      file: CONFIG_FILE,
      found: `has ${pattern}`,
      rule: RULE,
      advice: 'no project tagged runtime:any has these files; take it out of the override with no-restricted-globals',
    })),
  ];
}

function without(patterns: readonly string[], others: readonly string[]): string[] {
  return patterns.filter((pattern) => !others.includes(pattern));
}
