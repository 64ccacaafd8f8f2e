import type { LoadReceipt } from '@lockstep/pipeline';

/** What a load did, in one line. */
export function loadText({ corpus, stage, target, countBefore, countAfter, written, deleted }: LoadReceipt): string {
  const done = written + deleted === 0 ? 'nothing to do' : `${written} written, ${deleted} deleted`;
  return `${corpus} ${stage}: ${done}; ${countBefore} before, ${countAfter} now (${target})`;
}
