import type { DropReceipt } from '@lockstep/pipeline';
import { storedCount } from '../stored-count.ts';

/** What drop deleted. `named` says whether a `corpus.json` of the workspace still names the corpus. */
export function dropText({ corpus, deleted, targets }: DropReceipt, named: boolean): string {
  const head = `${corpus} drop: ${storedCount('qdrant', deleted.qdrant)} deleted from ${targets.qdrant}, ${storedCount('neon', deleted.neon)} from ${targets.neon}`;
  return named
    ? `${head}\n  Its corpus.json is still in the workspace: the next load writes all of it again, with the vectors of the cache.`
    : head;
}
