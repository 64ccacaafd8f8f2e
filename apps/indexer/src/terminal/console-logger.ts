import { createRequire } from 'node:module';
import type * as Consola from 'consola';
import type { LogFields, Logger } from '@lockstep/model';
import { fitted } from './fitted.ts';
import { printable } from './printable.ts';

const require = createRequire(import.meta.url);

/** Levels of consola: 1 is warnings and errors, 3 also what happens, 4 also every batch. */
const LEVEL = { quiet: 1, normal: 3, verbose: 4 } as const;

/** What consola writes before a line in a terminal, such as ` WARN  `. */
const BADGE_COLUMNS = 8;

/** How much is told on stderr. */
export type Volume = keyof typeof LEVEL;

/** A logger for people: one line for each event on stderr, since stdout is for results. */
export function createConsoleLogger(options: { readonly volume: Volume; readonly prefix: string }): Logger {
  const isTerminal = process.stderr.isTTY === true;
  // The plain version for pipes and files loads in a quarter of the time.
  const { createConsola } = require(isTerminal ? 'consola' : 'consola/basic') as typeof Consola;
  const out = createConsola({
    level: LEVEL[options.volume],
    stdout: process.stderr,
    stderr: process.stderr,
    fancy: isTerminal,
    formatOptions: { date: false },
  });
  const line = (event: string, fields: LogFields = {}): string => {
    const facts = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? quoted(value) : value}`);
    const text = [options.prefix, event, ...facts].filter((part) => part !== '').join(' ');
    return fitted(text, { isTTY: isTerminal, columns: (process.stderr.columns || 80) - BADGE_COLUMNS });
  };
  return {
    debug: (event, fields) => out.debug(line(event, fields)),
    info: (event, fields) => out.info(line(event, fields)),
    warn: (event, fields) => out.warn(line(event, fields)),
  };
}

/** A value of a field, quoted if needed: ids and keys come from the input and may contain any character. */
function quoted(text: string): string {
  const shown = printable(text);
  return shown !== text || /[\s"=]/.test(text) ? printable(JSON.stringify(text)) : text;
}
