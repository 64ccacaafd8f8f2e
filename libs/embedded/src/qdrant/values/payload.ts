import { formatError } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readBoolean, readFields } from '../requests/read-fields.ts';
import { keptNumber } from './kept-number.ts';
import { type JsonPath, pickPaths, readJsonPath } from './json-path.ts';

/** Deeper nesting is refused, as by serde_json, with which a real Qdrant reads requests. */
const NESTING_MAX = 128;

/**
 * Reads a payload; absent and null mean an empty one. Its numbers are as a real Qdrant keeps them.
 *
 * Refuses with 400 what could not be returned unchanged: integers beyond 2^53 and numbers beyond a double, which
 * `JSON.parse` has already rounded, strings with a lone surrogate, and nesting deeper than 128.
 */
export function readPayload(value: unknown, where: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw formatError(`${where} must be an object`);
  return keptValue(value, where, 0) as JsonObject;
}

function keptValue(value: unknown, where: string, depth: number): unknown {
  if (depth > NESTING_MAX) throw formatError(`${where} is nested deeper than ${NESTING_MAX}`);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw formatError(`${where} holds a number that cannot be kept exactly`);
    }
    return keptNumber(value);
  }
  if (Array.isArray(value)) return value.map((element) => keptValue(element, where, depth + 1));
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, member]): [string, unknown] => {
      checkText(key, where);
      return [key, keptValue(member, where, depth + 1)];
    });
    return Object.fromEntries(entries);
  }
  if (typeof value === 'string') checkText(value, where);
  return value;
}

function checkText(text: string, where: string): void {
  if (!text.isWellFormed()) throw formatError(`${where} holds a lone surrogate`);
}

/** The selected part of a payload: all of it (true), nothing (false), or the values at some paths. */
export type PayloadSelection = boolean | readonly JsonPath[];

/** Reads `with_payload`: a boolean or a list of paths. */
export function readPayloadSelection(value: unknown, fallback: boolean): PayloadSelection {
  if (Array.isArray(value)) return value.map((path) => readJsonPath(path, 'with_payload'));
  if (isJsonObject(value)) readFields(value, 'with_payload', [], ['include', 'exclude']);
  return readBoolean(value, 'with_payload', fallback);
}

/** The JSON text of the selected part of a stored payload, undefined for nothing. */
export function selectPayload(payloadText: string, selection: PayloadSelection): string | undefined {
  if (typeof selection === 'boolean') return selection ? payloadText : undefined;
  return JSON.stringify(pickPaths(JSON.parse(payloadText), selection));
}
