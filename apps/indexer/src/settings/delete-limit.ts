import { DEFAULT_DELETE_LIMIT, type DeleteLimit } from '@lockstep/pipeline';
import type { Flags } from './flags.ts';

/** How much a load may delete. If both variables are set, LOCKSTEP_MAX_DELETE_PERCENT wins. */
export function deleteLimit({ 'max-delete-percent': percent, 'allow-deletes': all }: Flags): DeleteLimit {
  if (percent !== undefined) return { percent, count: 0 };
  return all ? { percent: 100, count: 0 } : DEFAULT_DELETE_LIMIT;
}
