import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import * as v from 'valibot';
import { IndexingError } from '@lockstep/model';
import { FLAG_NAMES, FLAGS, type Flag } from './flags.ts';

/** Other characters make the HTTP client fail with an error that quotes the key. */
const headerValue = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without spaces'));

const httpUrl = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'expected an http or https URL'),
  // No client sends user and password, and fetch quotes such an address in its error.
  v.check((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'expected no user or password in the address'),
);

const postgresUrl = v.pipe(
  v.string(),
  v.check((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username, pathname, hash, searchParams } = new URL(text);
    // A bare "@", "/" or "#" in a password moves the rest of it into the name of the database, which is shown.
    if (!decodes(pathname) || !/^\/[^/@]+$/.test(pathname) || hash !== '') return false;
    // The redactor of error texts takes the password from one place only.
    if (searchParams.has('password')) return false;
    return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && username !== '';
  }, 'expected postgresql://user:password@host/database, with "#", "/" and "@" in the password percent-encoded'),
);

/** Decodes without the byte order mark. Fails on other encodings: a file in UTF-16 would set no variable, silently. */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new IndexingError({ code: 'environment-invalid', message: '.env: expected UTF-8, found another encoding.' });
  }
}

/** Whether the percent-encoding of a text is valid. */
function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
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
});

const onOrOff = v.pipe(
  v.picklist(['0', '1'], 'expected 0 or 1'),
  v.transform((text) => text === '1'),
);

/** All variables. An empty one counts as not set. */
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

/** Values of the variables that are set; only `resolveFlags` reads those of flags. */
export type Environment = v.InferOutput<typeof OwnSchema> & Readonly<Record<string, unknown>>;

/**
 * Reads the environment: the variables of the process, then those of `.env` at the root. Fails with
 * `environment-invalid`, which names the variable and what was expected, but never its value.
 */
export function readEnvironment(root: string, own: Readonly<Record<string, string | undefined>>): Environment {
  const file = join(root, '.env');
  const fromFile = existsSync(file) ? parseEnv(utf8(readFileSync(file))) : {};
  return checkEnvironment(Object.fromEntries(VARIABLES.map((name) => [name, own[name] || fromFile[name]])));
}

/** Checks variables; an empty one counts as not set, and others than ours are ignored. Fails as `readEnvironment` does. */
export function checkEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const all = Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const value = (variables[name] ?? '').trim();
      return value === '' ? [] : [[name, value]];
    }),
  );
  const result = v.safeParse(EnvironmentSchema, all);
  if (result.success) return result.output as Environment;
  const wrong = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new IndexingError({ code: 'environment-invalid', message: `${wrong.join('; ')}.` });
}
