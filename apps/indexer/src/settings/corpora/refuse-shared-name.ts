import { realpathSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { IndexingError } from '@lockstep/model';
import { corpusFiles, type CorpusFile } from '../workspace-corpora.ts';
import { printable } from '../../terminal/printable.ts';

/** Fails with `config-invalid` where another `corpus.json` has the same name: the two would replace each other in the stores. */
export function refuseSharedName({ name, folder }: CorpusFile, files: readonly CorpusFile[]): void {
  const others = files.filter((file) => name !== undefined && file.name === name && file.folder !== folder);
  if (others.length === 0) return;
  const paths = [folder, ...others.map((file) => file.folder)]
    .toSorted()
    .map((each) => `${printable(each)}/corpus.json`);
  const message = `name: ${paths.join(' and ')} have the same name, ${printable(String(name))}; expected one for each corpus.`;
  throw new IndexingError({ code: 'config-invalid', message });
}

/**
 * As `refuseSharedName`, for the `corpus.json` at a path. In the task of a project that has the name of the corpus it looks at
 * nothing: the plugin gives no two projects the same.
 */
export function refuseSharedNameAt(configPath: string, name: string, root: string): void {
  if (process.env['NX_TASK_TARGET_PROJECT'] === name) return;
  const folder = relative(realpathSync(root), realpathSync(dirname(configPath)));
  refuseSharedName({ name, folder: folder === '' ? '.' : folder.replaceAll('\\', '/') }, corpusFiles(root));
}
