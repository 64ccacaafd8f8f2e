import { isJsonObject, type JsonObject } from '@lockstep/model';
import type { LikelyFields } from '../../receipts.ts';
import { formatFieldPath, type FieldPath } from './field-path.ts';

/** Records that are looked at. */
const RECORDS_MAX = 100;
/** Keys of records that are looked at, and that a message names. */
const KEYS_MAX = 1000;
const NAMED_MAX = 3;
/** Levels of objects in which texts are looked for. */
const DEPTH_MAX = 3;

/** Looks for what may be the text of records in which none was found under a known name. */
export function createLikelyFields() {
  const units = new Map<string, number>();
  const lists = new Set<string>();
  let looked = 0;

  function lookInto(object: JsonObject, before: FieldPath): void {
    for (const [key, value] of Object.entries(object)) {
      const path = [...before, key];
      const name = formatFieldPath(path);
      const isKnown = units.has(name) || units.size < KEYS_MAX;
      if (typeof value === 'string' && isKnown && /\S\s+\S/.test(value))
        units.set(name, (units.get(name) ?? 0) + value.length);
      else if (Array.isArray(value) && value.some(isJsonObject) && lists.size < NAMED_MAX) lists.add(name);
      else if (isJsonObject(value) && path.length < DEPTH_MAX) lookInto(value, path);
    }
  }

  return {
    look(record: JsonObject): void {
      looked += 1;
      if (looked <= RECORDS_MAX) lookInto(record, []);
    },
    found(): LikelyFields {
      const [text] = [...units].toSorted(([, a], [, b]) => b - a);
      return { text: text?.[0], lists: [...lists] };
    },
  };
}

/** What some records seem to have. */
export function likelyFieldsOf(records: readonly JsonObject[]): LikelyFields {
  const likely = createLikelyFields();
  for (const record of records) likely.look(record);
  return likely.found();
}

/** What a message adds: the flags that would name what was found. */
export function likelyFieldsText({ text, lists }: LikelyFields): string {
  const parts = [
    ...(text === undefined ? [] : [`Their longest texts stand at ${text}: --text ${quoted(text)}`]),
    ...(lists.length === 0 ? [] : [`Lists stand at ${lists.join(', ')}: --records ${quoted(lists[0] as string)}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join('. ')}.`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
