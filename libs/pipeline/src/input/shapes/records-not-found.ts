import {
  didYouMean,
  IndexingError,
  isIndexingError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@lockstep/model';
import { formatFieldPath, type FieldPath } from './field-path.ts';
import { likelyFieldsOf, likelyFieldsText } from './likely-fields.ts';
import type { InputSample } from './recognise-shape.ts';

/** Levels of an object in which arrays are looked for, and arrays that a message names. */
const DEPTH_MAX = 4;
const NAMED_MAX = 10;
/** UTF-16 units of a key that a message shows. */
const KEY_UNITS_MAX = 60;

/**
 * The error of an input that has no records where the user said, or where they may stand, with what it does have; any other
 * error as it is.
 */
export function recordsNotFound(error: unknown, given: string | undefined, { top, lines }: InputSample): unknown {
  if (!isIndexingError(error) || error.code !== 'input-no-container') return error;
  const message = given === undefined ? error.message : `fields.records: ${error.message}`;
  const found = given === undefined ? foundIn(top) : foundFor(given, top, lines);
  return new IndexingError({ code: 'input-no-container', message: `${message}${found}` });
}

/** What stands where no records were found. */
function foundIn(top: JsonValue | undefined): string {
  if (!isJsonObject(top ?? null)) return '';
  const object = top as JsonObject;
  const keys = Object.keys(object)
    .slice(0, NAMED_MAX)
    .map((key) => key.slice(0, KEY_UNITS_MAX));
  if (keys.length === 0) return ' Found an object without keys.';
  const values = Object.values(object);
  const members = values.filter((value) => isJsonObject(value));
  // Its members may be the records, as they are where they stand by their ids.
  const isKeyed = members.length * 2 >= values.length;
  const { text } = likelyFieldsOf(isKeyed ? members : [object]);
  const { lists } = likelyFieldsOf([object]);
  return ` Found one object with ${keys.join(', ')}.${likelyFieldsText({ text, lists })}`;
}

/** What stands where the records were looked for that the user gave. */
function foundFor(given: string, top: JsonValue | undefined, lines: readonly JsonValue[]): string {
  const arrays: string[] = [];
  const isList = Array.isArray(top);
  const first = isList ? top.find(isJsonObject) : (top ?? lines[0]);
  if (first !== undefined && isJsonObject(first)) findArrays(first, [], arrays);
  if (arrays.length === 0)
    return isList || top === undefined
      ? ' The records stand at the top: leave fields.records out.'
      : ' No array was found.';
  const named = `${arrays.join(', ')}.${didYouMean(given, arrays)}`;
  return isList
    ? ` The records stand at the top: leave fields.records out, or name one of the lists in them, ${named}`
    : ` Arrays stand at ${named}`;
}

function findArrays(object: Readonly<Record<string, JsonValue>>, before: FieldPath, arrays: string[]): void {
  for (const [key, value] of Object.entries(object)) {
    const path = [...before, key];
    if (arrays.length < NAMED_MAX && Array.isArray(value)) arrays.push(formatFieldPath(path));
    else if (isJsonObject(value) && path.length < DEPTH_MAX) findArrays(value, path, arrays);
  }
}
