import {
  canonicalJson,
  IndexingError,
  type CallOptions,
  type Fields,
  type JsonObject,
  type Ledger,
} from '@lockstep/model';
import type { ValidateReceipt } from '../receipts.ts';
import { encodeIdSource, remembered, type IdSource } from './remembered.ts';

/** What a corpus is loaded from, and what of that may differ from what it was loaded from before. */
export interface OriginSettings {
  /** The input, as the run table keeps it. @default it is not remembered, and not compared */
  readonly input?: InputOrigin | undefined;
  /** What the user said about the fields. @default nothing */
  readonly fields?: Fields | undefined;
  /** Whether the ids may come from elsewhere than before. @default false */
  readonly allowNewIds?: boolean | undefined;
}

export interface InputOrigin {
  /** Path from the root of the workspace with `/`, or an address without a query. */
  readonly shown: string;
  /** Set where the corpus got its name from the input: a name for a second corpus, as a suggestion. */
  readonly secondName?: string | undefined;
}

/** What the run table is to remember of a run. */
export function originOf(validated: ValidateReceipt, settings: OriginSettings): { input?: string; shape?: string } {
  const ids = idSourceOf(validated, settings);
  return {
    ...(settings.input && { input: settings.input.shown }),
    ...(ids && { shape: encodeIdSource(ids) }),
  };
}

/**
 * Refuses a run that would put another index in the place of that of the corpus by mistake.
 *
 * *Errors*: `other-input` for a corpus that is named after its input, when it was loaded from another one; `other-ids` when
 * the ids of its chunks come from elsewhere than before, unless the user says where (`fields.id`), has changed what he says of
 * the fields, or allows it.
 *
 * @param fence of the run itself, once it has one
 */
export async function refuseOtherOrigin(
  corpus: string,
  validated: ValidateReceipt,
  { ledger, ...settings }: OriginSettings & { readonly ledger: Ledger },
  { fence, ...call }: CallOptions & { readonly fence?: number | undefined },
): Promise<void> {
  const { input } = settings;
  const ids =
    settings.allowNewIds === true || settings.fields?.id !== undefined ? undefined : idSourceOf(validated, settings);
  if (input?.secondName === undefined && ids === undefined) return;
  const before = await remembered(corpus, ledger, { ...call, besides: fence });
  if (input?.secondName !== undefined && before.input !== undefined && before.input !== input.shown) {
    throw otherInput(corpus, before.input, input.shown, input.secondName);
  }
  if (ids === undefined || before.ids === undefined || before.ids.ids === ids.ids) return;
  const isStated = Object.keys(ids.fields).length > 0;
  if (isStated && canonicalJson(ids.fields as JsonObject) !== canonicalJson(before.ids.fields as JsonObject)) return;
  throw otherIds(corpus, before.ids, ids);
}

function idSourceOf({ shape }: ValidateReceipt, { fields = {} }: OriginSettings): IdSource | undefined {
  return typeof shape?.idSource === 'string' ? { shape: shape.shape, ids: shape.idSource, fields } : undefined;
}

function otherInput(corpus: string, before: string, now: string, secondName: string): IndexingError {
  return new IndexingError({
    code: 'other-input',
    message:
      `${corpus} was loaded from ${JSON.stringify(before)}, and this run reads ${JSON.stringify(now)}, whose name gives the same corpus. ` +
      `Nothing was paid for or written. --corpus ${corpus} puts this input in the place of the other; ` +
      `--corpus ${secondName} makes a second corpus of it.`,
    details: { corpus, before, now },
  });
}

function otherIds(corpus: string, before: IdSource, now: IdSource): IndexingError {
  const was = `${idsText(before)} (read as ${before.shape})`;
  return new IndexingError({
    code: 'other-ids',
    message:
      `The ids of ${corpus} were ${was}, and those of this input are ${idsText(now)} (read as ${now.shape}): ` +
      'each chunk would be replaced by one with another id. Nothing was paid for or written. Check the input. ' +
      'If the new ids are right, pass --allow-new-ids (through Nx: LOCKSTEP_ALLOW_NEW_IDS=1)' +
      `${isDerived(now) ? '' : `, or put "fields": { "id": ${JSON.stringify(now.ids)} } into corpus.json`}` +
      `${isDerived(before) ? '.' : `; to keep the ids, give records that have ${before.ids}.`}`,
    details: { corpus, before: before.ids, now: now.ids },
  });
}

const isDerived = ({ ids }: IdSource): boolean => ids.startsWith('derived from ');

function idsText(source: IdSource): string {
  return isDerived(source) ? source.ids : `those under ${source.ids}`;
}
