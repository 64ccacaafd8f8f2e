import { editDistance, nearNames } from '@lockstep/model';
import type { EnvFile } from './env-file.ts';

/**
 * Names that begin with it are ours; those that begin with `LOCKSTEP_TEST_` are for the tests of this program, and the Nx plugin
 * sets `LOCKSTEP_TRACEPARENT` for its tasks.
 */
const OWN = /^LOCKSTEP_(?!TEST_|TRACEPARENT$)/i;

/** The name at the beginning of a line that sets it. */
const ASSIGNED = /^\s*(?:export\s+)?(\w+)\s*[=:]/;

/** What is wrong with the names in a `.env`, each with its line. No text of the file is repeated but names: it may be a key. */
export interface EnvFileProblems {
  /** Lines that were meant for this program. */
  readonly errors: readonly string[];
  /** Lines that may be meant for another one. */
  readonly warnings: readonly string[];
}

/**
 * Finds the lines of a `.env` that would be ignored.
 *
 * @param known the names of all variables
 */
export function checkEnvFile({ entries, malformed }: EnvFile, known: readonly string[]): EnvFileProblems {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const set = new Set(entries.filter(({ value }) => value !== '').map(({ name }) => name));
  for (const { name, lines, line } of entries) {
    const what = nameProblem(name, known, set);
    if (what !== undefined) errors.push({ line, what });
    for (const [at, swallowed] of lines.entries()) {
      const [, held = ''] = (at === 0 ? null : ASSIGNED.exec(swallowed)) ?? [];
      if (!known.includes(held)) continue;
      errors.push({ line: line + at, what: `${held} is part of the quoted value that begins in line ${line}` });
    }
  }
  for (const { text, line, expected } of malformed) {
    const held = nameIn(text, known);
    if (held === undefined) warnings.push({ line, what: `${expected}; the line is ignored` });
    else errors.push({ line, what: `${expected} for ${held}` });
  }
  return { errors: inOrder(errors), warnings: inOrder(warnings) };
}

interface Problem {
  readonly line: number;
  readonly what: string;
}

function inOrder(problems: readonly Problem[]): string[] {
  return problems.toSorted((a, b) => a.line - b.line).map(({ line, what }) => `line ${line}: ${what}`);
}

/** What is wrong with the names of the process's own variables. Other programs put variables there too. */
export function checkProcessNames(
  own: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): readonly string[] {
  const set = new Set(Object.keys(own).filter((name) => own[name] !== ''));
  return [...set].flatMap((name) => nameProblem(name, known, set) ?? []);
}

/** What is wrong with a name: it is like ours and is not one. Not where the name that it is like is set too. */
function nameProblem(name: string, known: readonly string[], set: ReadonlySet<string>): string | undefined {
  if (known.includes(name)) return undefined;
  const slip = slipOf(name, known);
  if (!OWN.test(name) && (slip === undefined || set.has(slip))) return undefined;
  const meant = slip ?? nearOwn(name, known);
  return `there is no variable ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** The variable of ours that is nearest to one that does not exist, by what follows `LOCKSTEP_`. */
function nearOwn(name: string, known: readonly string[]): string | undefined {
  const own = known.filter((each) => OWN.test(each));
  const [near] = nearNames(
    name.replace(OWN, ''),
    own.map((each) => each.replace(OWN, '')),
  );
  return own.find((each) => near !== undefined && each.endsWith(`_${near}`));
}

/** The known name that a name is one slip away from: a letter too many, too few or another, two swapped, or another case. */
function slipOf(name: string, known: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  return known.find((each) => editDistance(upper, each) <= 1);
}

/** The known name that stands in a line, or that its first word is a slip of; also with spaces or hyphens for `_`. */
function nameIn(text: string, known: readonly string[]): string | undefined {
  const words = `_${text.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_`;
  // The longest, since one name may be the end of another.
  const [held] = known.filter((name) => words.includes(`_${name}_`)).toSorted((a, b) => b.length - a.length);
  if (held !== undefined) return held;
  const [, first = ''] = /^\s*(?:export\s+)?([\w.-]+)/.exec(text) ?? [];
  return slipOf(first, known) ?? (OWN.test(first) ? first : undefined);
}
