import { readImportGraph } from './import-graph.ts';
import { IMPORT_RULES } from './import-rules.ts';
import { checkOxlintFolders } from './oxlint-folders.ts';
import type { Violation } from './violation.ts';
import { readWorkspace } from './workspace.ts';

/** What a check of a workspace found. */
export interface BoundaryReport {
  /** Empty when all boundaries hold. */
  readonly violations: readonly Violation[];
  readonly fileCount: number;
  readonly projectCount: number;
}

/**
 * Checks every import of every project under `root` against the table and the rules.
 * Reads files only; the packages must be installed, since a workspace package is found through its link.
 * Throws when `root` is no workspace, or has no .oxlintrc.json.
 */
export async function checkBoundaries(root: string): Promise<BoundaryReport> {
  const workspace = readWorkspace(root);
  const { files, edges, cycles } = await readImportGraph(workspace);
  const brokenImports = edges.flatMap((edge) =>
    IMPORT_RULES.flatMap(({ name, advice }): Violation[] => {
      const text = advice(edge, workspace);
      if (text === undefined) return [];
      return [{ file: edge.file, found: `imports ${edge.specifier}`, rule: name, advice: text }];
    }),
  );
  return {
    violations: [
      ...workspace.tagViolations,
      ...brokenImports,
      ...cycles.map(toViolation),
      ...checkOxlintFolders(workspace),
    ],
    fileCount: files.length,
    projectCount: workspace.projects.length,
  };
}

function toViolation(cycle: readonly string[]): Violation {
  const last = cycle.at(-1) ?? '';
  return {
    file: last,
    found: `imports itself by way of ${cycle.join(' -> ')}`,
    rule: 'no-cycles',
    advice: 'move what both files need into a third',
  };
}
