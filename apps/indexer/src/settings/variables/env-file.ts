import { parseEnv } from 'node:util';

/** A variable that a `.env` sets. */
export interface EnvEntry {
  readonly name: string;
  readonly value: string;
  /** Its lines as they stand in the file: more than one where its quoted value goes over several. */
  readonly lines: readonly string[];
  /** Number of the first of them, from 1. */
  readonly line: number;
}

/** A line that sets no variable, although it is neither empty nor a comment. */
export interface MalformedLine {
  readonly text: string;
  /** Its number, from 1. */
  readonly line: number;
  readonly expected: string;
}

export interface EnvFile {
  readonly entries: readonly EnvEntry[];
  readonly malformed: readonly MalformedLine[];
}

/** `NAME=value`, also after `export`; the name may be wrong. */
const ASSIGNMENT = /^\s*(?:export\s+)?([^=]*?)\s*=\s*(.*)$/;

/** Names that Nx and Node read from a `.env`. */
const NAME = /^[\w.-]+$/;

const QUOTE = /^["'`]/;

/** What may follow a quoted value on its line. */
const NOTHING_ELSE = /^\s*(#.*)?$/;

/**
 * Finds the variables of a `.env`, and the lines that set none. Node's own `parseEnv` passes over these without a word; it
 * reads the value of each variable here, one at a time, since it also takes the line after an empty value for the value.
 */
export function readEnvFile(text: string): EnvFile {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n');
  const entries: EnvEntry[] = [];
  const malformed: MalformedLine[] = [];
  for (let at = 0; at < lines.length;) {
    const first = lines[at] as string;
    const line = at + 1;
    at += 1;
    if (NOTHING_ELSE.test(first)) continue;
    const [, name = '', rest = ''] = ASSIGNMENT.exec(first) ?? [];
    if (!NAME.test(name)) {
      malformed.push({ text: first, line, expected: 'expected NAME=value' });
      continue;
    }
    const [quote] = QUOTE.exec(rest) ?? [];
    let source = rest;
    if (quote !== undefined) {
      let ends = at;
      while (!source.includes(quote, 1) && ends < lines.length) source += `\n${lines[ends++]}`;
      const closing = source.indexOf(quote, 1);
      if (closing < 0 || !NOTHING_ELSE.test(source.slice(closing + 1))) {
        const expected = closing < 0 ? `expected a closing ${quote}` : `expected nothing after the closing ${quote}`;
        malformed.push({ text: first, line, expected });
        continue;
      }
      at = ends;
    }
    const value = source === '' ? '' : (parseEnv(`VALUE=${source}`)['VALUE'] ?? '');
    entries.push({ name, value, lines: lines.slice(line - 1, at), line });
  }
  return { entries, malformed };
}
