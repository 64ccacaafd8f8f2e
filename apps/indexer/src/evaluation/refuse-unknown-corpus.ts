import { IndexingError, type RowStore } from '@lockstep/model';
import { knownCorpora } from '../settings/corpora/known-corpora.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import { printable } from '../terminal/printable.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** Fails with `corpus-unknown` where the table has no row of a corpus. */
export async function refuseUnknownCorpus(
  rows: RowStore,
  corpus: string,
  { root, signal }: Pick<Context, 'root' | 'signal'>,
): Promise<void> {
  if ((await rows.count(corpus, { signal })) > 0) return;
  const workspace = workspaceCorpora(root).map(({ name }) => name);
  if (workspace.includes(corpus)) {
    const message = `The corpus ${corpus} is not loaded: ${rows.target} has nothing of it. Type: indexer run ${corpus}`;
    throw new IndexingError({ code: 'corpus-unknown', message });
  }
  const stored = (await rows.census({ signal })).corpora.map(({ corpus: name }) => name);
  const message = `There is no corpus ${JSON.stringify(printable(corpus))} at ${rows.target}.${knownCorpora(corpus, [...stored, ...workspace])}`;
  throw new IndexingError({ code: 'corpus-unknown', message });
}
