import type { LoadReceipt } from '@lockstep/pipeline';
import { storedCount } from './stored-count.ts';

/** What a load did, in one line. */
export function loadText({ corpus, stage, target, countBefore, countAfter, written, deleted }: LoadReceipt): string {
  const items = storedCount(stage === 'load-qdrant' ? 'qdrant' : 'neon', written);
  const done = written + deleted === 0 ? 'nothing to do' : `${items} written, ${deleted} deleted`;
  return `${corpus} ${stage}: ${done}; ${countBefore} before, ${countAfter} now (${target})`;
}
