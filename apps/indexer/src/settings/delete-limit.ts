import { DEFAULT_DELETE_LIMIT, type DeleteLimit } from '@lockstep/pipeline';
import type { Flags } from './flags.ts';

/** How much a load may delete. Of two variables that are both set, the one with a share counts. */
export function deleteLimit({ 'max-delete-percent': percent, 'allow-deletes': all }: Flags): DeleteLimit {
  if (percent !== undefined) return { percent, count: 0 };
  return all ? { percent: 100, count: 0 } : DEFAULT_DELETE_LIMIT;
}
