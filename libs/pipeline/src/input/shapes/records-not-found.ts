import { didYouMean, IndexingError, isIndexingError, isJsonObject, type JsonValue } from '@lockstep/model';
import { formatFieldPath, type FieldPath } from './field-path.ts';
import type { InputSample } from './recognise-shape.ts';

/** Levels of an object in which arrays are looked for, and arrays that a message names. */
const DEPTH_MAX = 4;
const NAMED_MAX = 10;

/**
 * The error of an input that has no records at the path that the user gave, with the arrays that it does have; any other
 * error as it is.
 */
export function recordsNotFound(error: unknown, given: string, { top, lines }: InputSample): unknown {
  if (!isIndexingError(error) || error.code !== 'input-no-container') return error;
  const arrays: string[] = [];
  const first = top ?? lines[0];
  if (isJsonObject(first)) findArrays(first, [], arrays);
  const isTop = Array.isArray(top) || (top === undefined && arrays.length === 0);
  const found = isTop
    ? 'The records stand at the top: leave fields.records out.'
    : arrays.length === 0
      ? 'No array was found.'
      : `Arrays stand at ${arrays.join(', ')}.${didYouMean(given, arrays)}`;
  return new IndexingError({ code: 'input-no-container', message: `fields.records: ${error.message} ${found}` });
}

function findArrays(object: Readonly<Record<string, JsonValue>>, before: FieldPath, arrays: string[]): void {
  for (const [key, value] of Object.entries(object)) {
    const path = [...before, key];
    if (arrays.length < NAMED_MAX && Array.isArray(value)) arrays.push(formatFieldPath(path));
    else if (isJsonObject(value) && path.length < DEPTH_MAX) findArrays(value, path, arrays);
  }
}
