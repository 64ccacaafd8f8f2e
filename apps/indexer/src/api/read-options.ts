import * as v from 'valibot';
import { didYouMean, IndexingError } from '@lockstep/model';
import { FLAGS, type Flag, type FlagName, type Flags } from '../settings/flags.ts';

/**
 * Checks options of a call by the flags of the same names, such as `maxCost` by `--max-cost`. Fails with `option-invalid`,
 * which names the option.
 */
export function readOptions(given: object, allowed: readonly FlagName[]): Partial<Flags> {
  const typed: Record<string, unknown> = {};
  const names = allowed.map(optionName);
  for (const [option, value] of Object.entries(given) as [string, unknown][]) {
    if (value === undefined) continue;
    const name = allowed[names.indexOf(option)];
    if (name === undefined) throw wrong(`there is no option ${option}.${didYouMean(option, names)}`);
    const { check, excludes = '' }: Flag = FLAGS[name];
    if (check === undefined) {
      if (typeof value !== 'boolean') throw wrong(`${option}: expected true or false, found ${shown(value)}.`);
      typed[name] = value;
    } else {
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw wrong(`${option}: expected a text or a number, found ${shown(value)}.`);
      }
      const result = v.safeParse(check, String(value));
      if (!result.success) throw wrong(`${option}: ${result.issues[0].message}, found ${shown(value)}.`);
      typed[name] = result.output;
    }
    if (typed[name] !== false && typed[excludes] !== undefined && typed[excludes] !== false) {
      throw wrong(`${option} and ${optionName(excludes)} contradict each other; expected one of them.`);
    }
  }
  return typed as Partial<Flags>;
}

/** The option of a flag: `maxCost` for `max-cost`. */
function optionName(flag: string): string {
  return flag === 'state-dir'
    ? 'stateDirectory'
    : flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? typeof value;
}

function wrong(what: string): IndexingError {
  return new IndexingError({ code: 'option-invalid', message: `${what.charAt(0).toUpperCase()}${what.slice(1)}` });
}
