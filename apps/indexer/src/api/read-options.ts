import * as v from 'valibot';
import { didYouMean } from '@lockstep/model';
import { FLAGS, type Flag, type FlagName, type Flags } from '../settings/flags.ts';
import { printable } from '../terminal/printable.ts';
import { wrongOption } from './wrong-option.ts';

/** Numbers without an exponent, as flags take them. */
const DIGITS = new Intl.NumberFormat('en-US', { useGrouping: false, maximumFractionDigits: 100 });

/**
 * Checks options of a call by the flags of the same names, such as `maxCost` by `--max-cost`. Fails with `option-invalid`,
 * which names the option.
 */
export function readOptions(given: object, allowed: readonly FlagName[]): Partial<Flags> {
  const typed: Record<string, unknown> = {};
  const flagOf = new Map(allowed.map((flag) => [optionName(flag), flag]));
  refuseUnknown(given, [...flagOf.keys()]);
  for (const [option, value] of Object.entries(given) as [string, unknown][]) {
    const name = flagOf.get(option);
    if (value === undefined || name === undefined) continue;
    const { check, excludes = '' }: Flag = FLAGS[name];
    typed[name] = check === undefined ? readBoolean(option, value) : readValue(option, value, check);
    if (typed[name] !== false && typed[excludes] !== undefined && typed[excludes] !== false) {
      throw wrongOption(`${option} and ${optionName(excludes)} contradict each other; expected one of them`);
    }
  }
  return typed as Partial<Flags>;
}

/** Fails with `option-invalid` for an option that has none of the names; one that is undefined is not given. */
export function refuseUnknown(given: object, names: readonly string[]): void {
  const other = Object.entries(given).find(([option, value]) => value !== undefined && !names.includes(option))?.[0];
  if (other === undefined) return;
  throw wrongOption(`${printable(other)}: there is no such option`, didYouMean(other, names));
}

function readBoolean(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongOption(`${option}: expected true or false, found ${shown(value)}`);
}

function readValue(option: string, value: unknown, check: v.GenericSchema<string, unknown>): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw wrongOption(`${option}: expected a text or a number, found ${shown(value)}`);
  }
  const result = v.safeParse(check, typeof value === 'number' ? DIGITS.format(value) : value);
  if (result.success) return result.output;
  throw wrongOption(`${option}: ${result.issues[0].message}, found ${shown(value)}`);
}

/** The option of a flag: `maxCost` for `max-cost`. */
function optionName(flag: string): string {
  if (flag === 'state-dir') return 'stateDirectory';
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function shown(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(value));
  return typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
}
