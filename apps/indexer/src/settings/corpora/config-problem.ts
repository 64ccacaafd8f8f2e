import { CORPUS_KEYS } from '@lockstep/model/own-corpus-config';
import { FieldsSchema, nearNames } from '@lockstep/model';
import * as v from 'valibot';
import { printable } from '../../terminal/printable.ts';

/** The fields of each object of a `corpus.json`, by the path of the object. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', CORPUS_KEYS],
  ['fields', Object.keys(FieldsSchema.entries)],
]);

/** Longest value that a message repeats. */
const VALUE_UNITS_MAX = 40;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  array: 'a list',
  strict_object: 'an object',
};

/** What a field is for that must not be missing. */
const REQUIRED: Readonly<Record<string, string>> = {
  name: 'the name of the corpus',
  input: 'a path to the chunks',
};

/** What is wrong with the content of a `corpus.json`: for each field its path, what was expected, and what was found. */
export function configProblems(issues: readonly v.BaseIssue<unknown>[]): string[] {
  const byPath = new Map<string, string>();
  for (const issue of issues) {
    const path = v.getDotPath(issue) ?? '';
    // The first is enough: 0.5 is no whole number, and it is less than 1 too.
    if (!byPath.has(path)) byPath.set(path, printable(problemAt(path, issue)));
  }
  return [...byPath.values()];
}

function problemAt(path: string, issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object' && issue.expected === 'never') return unknownField(path);
  const found = foundIn(issue);
  const what = `${expectedBy(path, issue)}${found === undefined ? '' : `, found ${found}`}`;
  return path === '' ? what : `${path}: ${what}`;
}

function unknownField(path: string): string {
  const parent = path.split('.').slice(0, -1).join('.');
  const name = path.slice(parent === '' ? 0 : parent.length + 1);
  const fields = FIELDS.get(parent) ?? [];
  const [near] = nearNames(name, fields);
  const known = near === undefined ? `the fields are ${fields.join(', ')}` : `did you mean "${near}"?`;
  return `there is no field ${JSON.stringify(path)} (${known})`;
}

function expectedBy(path: string, { type, kind, message, expected }: v.BaseIssue<unknown>): string {
  // Checks, and some types, have messages of ours.
  if (message.startsWith('expected ')) return message;
  if (type === 'picklist' && expected !== null) {
    return `expected one of ${expected.replaceAll(/[()"]/g, '').replaceAll(' | ', ', ')}`;
  }
  // A field that is missing is reported as its key.
  if (type === 'strict_object' && expected !== 'Object') return `expected ${REQUIRED[path] ?? 'a value'}`;
  return `expected ${(kind === 'schema' ? KINDS[type] : undefined) ?? 'another value'}`;
}

/** What was found; undefined for a text that is not repeated, since it is long, or an address that may hold a password. */
function foundIn({ type, input, expected }: v.BaseIssue<unknown>): string | undefined {
  if (input === undefined || (type === 'strict_object' && expected !== 'Object')) return 'nothing';
  if (input === null) return 'null';
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  if (typeof input === 'object') return 'an object';
  if (typeof input === 'string' && (input.length > VALUE_UNITS_MAX || /[@:]/.test(input))) return undefined;
  return JSON.stringify(input);
}
