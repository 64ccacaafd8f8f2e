import { checkImports } from './check-imports.ts';
import { FOLDER_FILES_MAX, LAYERS, type Layers } from './dependency-table.ts';
import { importRules } from './import-rules.ts';
import { checkStructure, type Violation } from './structure-rules.ts';
import { readWorkspace } from './workspace.ts';

/** The result of a check of a workspace. */
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
export async function checkBoundaries(
  root: string,
  { layers = LAYERS, folderFilesMax = FOLDER_FILES_MAX }: { layers?: Layers; folderFilesMax?: number } = {},
): Promise<BoundaryReport> {
  const workspace = readWorkspace(root);
  const files = workspace.projects.flatMap((project) => project.files);
  return {
    violations: [
      ...checkStructure(workspace, layers, folderFilesMax),
      ...(await checkImports(workspace.root, files, importRules(workspace, layers))),
    ],
    fileCount: files.length,
    projectCount: workspace.projects.length,
  };
}
