import { IndexingError, type CallOptions } from '@lockstep/model';
import type { AllStores } from '../work/stores.ts';
import { REFUSALS } from './remembered.ts';

/**
 * What the run table has as the input of an edit. A corpus that gets its name from a file is therefore refused
 * (`other-input`) where edits have written one of that name.
 */
export const EDITED_INPUT = 'edits';

/** Runs looked through for one that loaded the corpus. */
const RUNS_MAX = 100;

/**
 * Refuses to edit a corpus that has an input: its next load would delete what was added, and bring back what was deleted.
 * Editable is a corpus whose runs since the last drop are all edits, and one that both stores hold nothing of.
 *
 * *Errors*: `corpus-loaded`.
 *
 * @param fence of the edit itself, once it has one
 */
export async function refuseLoadedCorpus(
  corpus: string,
  { ledger, rows, vectors }: AllStores,
  { fence, ...call }: CallOptions & { readonly fence?: number | undefined },
): Promise<void> {
  let isEdited = false;
  for (const { kind, end, input, startedAt, ...run } of await ledger.runs({ corpus, limit: RUNS_MAX }, call)) {
    if (kind === 'drop' && end?.outcome === 'done') break;
    if (kind === 'drop' || run.fence === fence || REFUSALS.has(end?.error)) continue;
    if (input !== EDITED_INPUT) throw loaded(corpus, { input, startedAt });
    isEdited = true;
  }
  if (isEdited) return;
  const stored = [await rows.count(corpus, call), await vectors.count(corpus, call)];
  if (stored.every((count) => count === 0)) return;
  throw new IndexingError({
    code: 'corpus-loaded',
    message: `The stores hold ${stored[0]} rows and ${stored[1]} points of ${corpus}, and the run table does not say that edits wrote them. Nothing was written.`,
    details: { corpus },
  });
}

function loaded(
  corpus: string,
  { input, startedAt }: { readonly input: string | undefined; readonly startedAt: string },
): IndexingError {
  const from = input === undefined ? 'an input' : JSON.stringify(input);
  return new IndexingError({
    code: 'corpus-loaded',
    message: `${corpus} was loaded from ${from} (run of ${startedAt}), whose next load would undo this change. Nothing was written.`,
    details: { corpus, input: input ?? null },
  });
}
