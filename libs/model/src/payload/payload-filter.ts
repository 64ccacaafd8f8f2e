import { IndexingError } from '../indexing-error.ts';

/** A number in a range; bounds that are not given do not apply. */
export interface NumberRange {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

/** What the value of a field must be: this value, one of several texts or whole numbers, or a number in a range. */
export type FieldCondition = string | number | boolean | readonly string[] | readonly number[] | NumberRange;

/**
 * Conditions on the payload of points, by the path of a field, such as `loc.lines.from`; a point must meet them all. A
 * field with a list meets a condition if one of its elements does.
 */
export type PayloadFilter = Readonly<Record<string, FieldCondition>>;

const BOUNDS = ['gt', 'gte', 'lt', 'lte'];

/** Fails with `option-invalid`, naming the field, where a condition is none: callers without types have no other check. */
export function checkPayloadFilter(filter: PayloadFilter): void {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw wrong('filter', 'an object with a condition for each field');
  }
  for (const [field, condition] of Object.entries(filter as Readonly<Record<string, unknown>>)) {
    if (isCondition(condition)) continue;
    const expected =
      'a text, a number, true or false, a list of texts or of whole numbers, or a range (gt, gte, lt, lte)';
    throw wrong(`filter ${JSON.stringify(field)}`, expected);
  }
}

function isCondition(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return true;
  if (Array.isArray(value)) {
    return value.every((each) => typeof each === 'string') || value.every((each) => Number.isSafeInteger(each));
  }
  if (typeof value !== 'object' || value === null) return false;
  const bounds = Object.entries(value).filter(([, bound]) => bound !== undefined);
  return bounds.length > 0 && bounds.every(([name, bound]) => BOUNDS.includes(name) && Number.isFinite(bound));
}

function wrong(what: string, expected: string): IndexingError {
  return new IndexingError({ code: 'option-invalid', message: `${what}: expected ${expected}.` });
}
