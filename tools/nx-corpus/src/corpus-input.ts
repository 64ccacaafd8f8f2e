import { posix } from 'node:path';

/** What a corpus is read from, as its `corpus.json` says it. */
export interface CorpusInput {
  /** Files, folders and patterns, from the folder of corpus.json. */
  readonly paths: readonly string[];
  /** Whether its content can be another one although no file changed: an address without `sha256`. */
  readonly isOpen: boolean;
}

/** Reads `input` of a corpus.json. Undefined where it is of no known form; the stages check it further. */
export function readCorpusInput(input: unknown): CorpusInput | undefined {
  const parts = Array.isArray(input) ? (input as unknown[]) : [input];
  const paths: string[] = [];
  let isOpen = false;
  for (const part of parts) {
    if (typeof part === 'string') paths.push(part);
    else if (typeof part === 'object' && part !== null && 'url' in part) isOpen ||= !('sha256' in part);
    else return undefined;
  }
  return parts.length === 0 ? undefined : { paths, isOpen };
}

/**
 * Nx inputs for the files below the workspace, new ones included: a path may be a file or a folder, which is not looked up
 * so that the project depends on its corpus.json alone.
 */
export function inputFiles(root: string, { paths }: CorpusInput): string[] {
  return paths.flatMap((path) => {
    const file = posix.normalize(posix.isAbsolute(path) ? path : posix.join(root, path)).replace(/\/$/, '');
    if (posix.isAbsolute(file) || file.startsWith('..')) return [];
    if (file === '.') return ['{workspaceRoot}/**/*'];
    if (/[*?[{]|[!@+]\(/.test(file)) return [`{workspaceRoot}/${file}`];
    return [`{workspaceRoot}/${file}`, `{workspaceRoot}/${file}/**/*`];
  });
}
