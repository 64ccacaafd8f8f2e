import type { DropReceipt } from '@lockstep/pipeline';

/** What drop deleted. `named` says whether a `corpus.json` of the workspace still names the corpus. */
export function dropText({ corpus, deleted, targets }: DropReceipt, named: boolean): string {
  const head = `${corpus} drop: ${deleted.qdrant} points deleted from ${targets.qdrant}, ${deleted.neon} rows from ${targets.neon}`;
  return named
    ? `${head}\n  Its corpus.json is still in the workspace: the next load brings it back, from the cache.`
    : head;
}
