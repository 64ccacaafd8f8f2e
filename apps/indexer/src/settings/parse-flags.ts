import type { ArgsDef } from 'citty';
import * as v from 'valibot';
import { didYouMean, IndexingError } from '@lockstep/model';
import type { Environment } from './environment.ts';
import { FLAG_NAMES, FLAGS, type Flag, type FlagName, type Flags } from './flags.ts';

/** Flags as citty's arguments, in the order in which help lists them. */
export function argsOf(names: readonly FlagName[]): ArgsDef {
  return Object.fromEntries(
    names.map((name) => {
      const { help: description, valueHint = name, check }: Flag = FLAGS[name];
      return check === undefined
        ? [name, { type: 'boolean', description, default: false }]
        : [name, { type: 'string', description, valueHint }];
    }),
  );
}

/**
 * Checks what was typed against what a command takes. Fails with `usage`, naming the flag, for an unknown flag, a
 * missing value, a value out of range, flags that contradict each other, and positional arguments beyond those known,
 * unless there may be several sources.
 */
export function parseFlags(
  args: Readonly<Record<string, unknown>>,
  known: ArgsDef,
  severalSources = false,
): Partial<Flags> {
  const typed: Record<string, unknown> = {};
  const flagNames = Object.keys(known).filter((name) => known[name]?.type !== 'positional');
  const positionals = Object.values(known).filter(({ type }) => type === 'positional').length;
  for (const [given, value] of Object.entries(args)) {
    if (given === '_') continue;
    // citty gives a flag such as --batch-size as batchSize too.
    const name = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!Object.hasOwn(known, name))
      throw usage(
        `there is no flag ${given.length === 1 ? '-' : '--'}${given}`,
        didYouMean(given, flagNames, (flag) => `--${flag}`),
      );
    if (!Object.hasOwn(FLAGS, name) || value === undefined) continue;
    const { check, excludes = '' }: Flag = FLAGS[name as FlagName];
    if (check === undefined) {
      if (value !== true) continue;
      typed[name] = true;
    } else {
      if (typeof value !== 'string' || value === '') throw usage(`--${name} needs a value`);
      const result = v.safeParse(check, value);
      if (!result.success) throw usage(`--${name}: ${result.issues[0].message}, found ${JSON.stringify(value)}`);
      typed[name] = result.output;
    }
    if (excludes in typed) {
      throw usage(`--${name} and --${excludes} contradict each other; expected one of them`);
    }
  }
  const extra = ((args['_'] ?? []) as unknown[]).slice(positionals);
  if (extra.length > 0 && !severalSources) throw usage(`${JSON.stringify(String(extra[0]))} is one argument too many`);
  return typed as Partial<Flags>;
}

/** The value of each flag as typed, else from its variable, else its default. */
export function resolveFlags(typed: Partial<Flags>, environment: Environment): Flags {
  const given: Readonly<Record<string, unknown>> = typed;
  // The command line says true or nothing, a program may say false.
  const isTyped = (name: string): boolean => given[name] !== undefined && given[name] !== false;
  const values = FLAG_NAMES.map((name) => {
    const { check, variable = '', excludes = '', default: byDefault = check ? undefined : false }: Flag = FLAGS[name];
    return [name, typed[name] ?? (isTyped(excludes) ? undefined : environment[variable]) ?? byDefault];
  });
  return Object.fromEntries(values) as Flags;
}

function usage(what: string, meant = ''): IndexingError {
  return new IndexingError({ code: 'usage', message: `${what.charAt(0).toUpperCase()}${what.slice(1)}.${meant}` });
}
