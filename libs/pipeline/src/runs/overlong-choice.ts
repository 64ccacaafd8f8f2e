import type { CallOptions, Ledger } from '@lockstep/model';
import type { OverlongChoice } from '../receipts.ts';

/** Runs looked through for one that says what it did. */
const RUNS_MAX = 100;

/**
 * What a corpus that states nothing does with texts that are too long: what its latest run did that says so, windows if
 * it was never loaded, and `reject` if it was loaded by a version that had no windows and rejected them. A drop makes it
 * new again. Nothing on this machine is asked, so that every machine that loads into the same stores finds the same.
 */
export async function overlongChoice(
  corpus: string,
  ledger: Ledger | undefined,
  call: CallOptions,
): Promise<OverlongChoice> {
  if (ledger === undefined) return { mode: 'reject', because: 'unknown' };
  let isLoaded = false;
  let isEdited = false;
  for (const { kind, overlong, end } of await ledger.runs({ corpus, limit: RUNS_MAX }, call)) {
    if (kind === 'drop' && end?.outcome === 'done') return isLoaded ? REJECTING : NEW;
    if (overlong !== undefined) return { mode: overlong, because: 'loaded' };
    // An edit takes no text that is too long.
    if (kind === 'edit') isEdited = true;
    else isLoaded ||= kind !== 'drop';
  }
  if (isEdited && !isLoaded) return NEW;
  // A ledger from before the run table has fences alone.
  return (await ledger.fenceHolder(corpus, call)) === undefined ? NEW : REJECTING;
}

const NEW: OverlongChoice = { mode: 'windows', because: 'new' };
const REJECTING: OverlongChoice = { mode: 'reject', because: 'loaded' };
