import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { refuseSharedNameAt } from './corpora/refuse-shared-name.ts';
import { readCorpusConfig } from './corpus-file.ts';
import { workspaceCorpora } from './workspace-corpora.ts';

/** Where a corpus is in the stores. */
export interface CorpusPlace {
  readonly corpus: string;
  readonly collection?: string | undefined;
  readonly table?: string | undefined;
  /** The `corpus.json` that names it. @default none does */
  readonly file?: string | undefined;
}

/** Finds a corpus by its folder or by its name in the workspace; any other argument is a name in the stores. */
export function findCorpus(argument: string, root: string): CorpusPlace {
  const path = [join(argument, 'corpus.json'), argument].find(
    (file) => basename(file) === 'corpus.json' && existsSync(file),
  );
  const known = workspaceCorpora(root).find(({ name }) => name === argument);
  const file = path ?? (known === undefined ? undefined : join(root, known.folder, 'corpus.json'));
  if (file === undefined) return { corpus: argument };
  const { name, collection, table } = readCorpusConfig(file);
  refuseSharedNameAt(file, name, root);
  return { corpus: name, collection, table, file };
}
