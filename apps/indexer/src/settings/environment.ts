import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { IndexingError } from '@lockstep/model';
import type { SERVICE_VARIABLES } from '@lockstep/model/service-variables';
import { printable } from '../terminal/printable.ts';
import { FLAG_NAMES, FLAGS, type Flag } from './flags.ts';
import { headerValue, httpUrl, postgresUrl } from './variables/checks.ts';
import { readEnvFile } from './variables/env-file.ts';
import { checkEnvFile, checkProcessNames } from './variables/misspelt-variables.ts';

/** Decodes without the byte order mark. Fails on other encodings: a file in UTF-16 would set no variable, silently. */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('.env: expected UTF-8, found another encoding');
  }
}

/** The text of a `.env`; empty if there is none. */
function textOf(path: string): string {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return '';
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const found = FOUND[code] ?? `one that cannot be read (${code})`;
    throw invalid(`${printable(path)}: expected a file with variables, found ${found}`);
  }
  return utf8(bytes);
}

/** What stands in the place of a file that cannot be read, by the code of the error. */
const FOUND: Readonly<Record<string, string>> = {
  EISDIR: 'a folder',
  ENOENT: 'a link to a file that does not exist',
  EACCES: 'one that you may not read (EACCES)',
};

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'environment-invalid', message: `${what}.` });
}

/** Variables that belong to no flag. */
const OwnSchema = v.object({
  OPENAI_API_KEY: v.optional(headerValue),
  OPENAI_BASE_URL: v.optional(httpUrl),
  QDRANT_HOST: v.optional(v.pipe(v.string(), v.regex(/^\S+$/, 'expected a URL or a host'))),
  QDRANT_URL: v.optional(httpUrl),
  QDRANT_API_KEY: v.optional(headerValue),
  NEON_POSTGRES_CONNECTION_STRING: v.optional(postgresUrl),
  NEON_FETCH_ENDPOINT: v.optional(httpUrl),
  LOCKSTEP_PROFILE: v.optional(FLAGS.embedder.check),
} satisfies Readonly<Record<keyof typeof SERVICE_VARIABLES, v.GenericSchema>>);

const onOrOff = v.pipe(
  v.picklist(['0', '1'], 'expected 0 or 1'),
  v.transform((text) => text === '1'),
);

/** All variables of ours. An empty one counts as not set. */
const EnvironmentSchema = v.object({
  ...OwnSchema.entries,
  ...Object.fromEntries(
    FLAG_NAMES.flatMap((name) => {
      const { variable, check = onOrOff }: Flag = FLAGS[name];
      return variable === undefined ? [] : [[variable, v.optional(check)]];
    }),
  ),
});

export const VARIABLES: readonly string[] = Object.keys(EnvironmentSchema.entries);

/** Variables in which hosts and frameworks name the database of an application, the one to take first. */
export const FOREIGN_POSTGRES = ['DATABASE_URL', 'POSTGRES_URL'] as const;

type ForeignPostgres = (typeof FOREIGN_POSTGRES)[number];

/** Values of the variables that are set; only `resolveFlags` reads those of flags. */
export type Environment = v.InferOutput<typeof OwnSchema> &
  Readonly<Partial<Record<ForeignPostgres, string>>> & {
    /** The variable of another program that the connection string was taken from. */
    readonly postgresVariable?: ForeignPostgres;
  } & Readonly<Record<string, unknown>>;

/**
 * Reads the environment: the variables of the process, then those of `.env` at the root. Fails with
 * `environment-invalid`, which names the variable and what was expected, but never its value; also where a line of `.env` was
 * meant for this program and would be ignored. Nx reads `.env` too, and puts what it understands among the variables of the
 * process; the file itself is checked all the same.
 *
 * @param warn is told of what may be meant for this program and is ignored
 */
export function readEnvironment(
  root: string,
  own: Readonly<Record<string, string | undefined>>,
  warn: (problem: string) => void = () => undefined,
): Environment {
  const file = readEnvFile(textOf(join(root, '.env')));
  const { errors, warnings } = checkEnvFile(file, VARIABLES);
  if (errors.length > 0) throw invalid(`.env: ${errors.join('; ')}`);
  for (const problem of warnings) warn(`.env: ${problem}`);
  for (const problem of checkProcessNames(own, VARIABLES)) warn(`variables of the process: ${problem}`);
  const fromFile = new Map(file.entries.map(({ name, value }) => [name, value]));
  const names = [...VARIABLES, ...FOREIGN_POSTGRES];
  return checkEnvironment(Object.fromEntries(names.map((name) => [name, own[name] || fromFile.get(name)])));
}

/** Reads variables that a program gives in place of those of its process and of `.env`. Fails as `readEnvironment` does. */
export function readVariables(
  given: Readonly<Record<string, string | undefined>>,
  warn: (problem: string) => void,
): Environment {
  for (const problem of checkProcessNames(given, VARIABLES)) warn(`env: ${problem}`);
  return checkEnvironment(given);
}

/** Checks variables; an empty one counts as not set, and others than ours are ignored. */
function checkEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const setOf = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = (variables[name] ?? '').trim();
        return value === '' ? [] : [[name, value]];
      }),
    );
  const result = v.safeParse(EnvironmentSchema, setOf(VARIABLES));
  if (result.success) return { ...setOf(FOREIGN_POSTGRES), ...result.output } as Environment;
  const wrong = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw invalid(wrong.join('; '));
}
