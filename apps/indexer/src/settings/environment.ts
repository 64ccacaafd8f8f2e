import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import * as v from 'valibot';
import { IndexingError } from '@lockstep/model';
import { FLAG_NAMES, FLAGS, type Flag } from './flags.ts';

/** The client quotes any other key in its error. */
const headerValue = v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without spaces'));

const httpUrl = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'expected an http or https URL'),
  // No client sends them, and fetch quotes such an address in its error.
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
    // Where "@", "/" or "#" is left in a password, what comes after it ends up in the database, which is shown.
    if (!decodes(pathname) || !/^\/[^/@]+$/.test(pathname) || hash !== '') return false;
    // A password stands in one place, where it is looked for when words are kept from showing it.
    if (searchParams.has('password')) return false;
    return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && username !== '';
  }, 'expected postgresql://user:password@host/database, with "#", "/" and "@" in the password percent-encoded'),
);

/** Text without its byte order mark. Read as UTF-8 whatever it is, a file in UTF-16 would set nothing, and nobody would know. */
function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new IndexingError({ code: 'environment-invalid', message: '.env: expected UTF-8, found another encoding.' });
  }
}

/** Whether the percent-encoding of a text is sound. */
function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Variables that no flag sets too. */
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

/** Every variable that is read. An empty one counts as not set. */
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

/** Values of the variables that are set; those of flags are for `resolveFlags` alone. */
export type Environment = v.InferOutput<typeof OwnSchema> & Readonly<Record<string, unknown>>;

/**
 * Reads the environment once: the process's own variables over those of `.env` at the root. Fails with
 * `environment-invalid`, which names the variable and what was expected, and never its value.
 */
export function readEnvironment(root: string, own: Readonly<Record<string, string | undefined>>): Environment {
  const file = join(root, '.env');
  const fromFile = existsSync(file) ? parseEnv(utf8(readFileSync(file))) : {};
  const all = Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const value = (own[name] || fromFile[name] || '').trim();
      return value === '' ? [] : [[name, value]];
    }),
  );
  const result = v.safeParse(EnvironmentSchema, all);
  if (result.success) return result.output as Environment;
  const wrong = result.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new IndexingError({ code: 'environment-invalid', message: `${wrong.join('; ')}.` });
}
