import * as v from 'valibot';

/** Whether a text is an http or https address. */
export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

const pathOrPattern = v.pipe(
  v.string(),
  v.nonEmpty('expected a path'),
  v.check((path) => path !== '-', 'expected a path: stdin is for the command line alone'),
  v.check((path) => !isAddress(path), 'expected { "url": "https://..." } for an address'),
  v.description('A file, a folder, or a pattern such as chunks/*.jsonl, from the folder of corpus.json.'),
);

const address = v.pipe(
  v.strictObject({
    url: v.pipe(
      v.string(),
      v.check((url) => isAddress(url) && URL.canParse(url), 'expected an http or https address'),
      v.check((url) => {
        if (!URL.canParse(url)) return true;
        const { username, password } = new URL(url);
        return username === '' && password === '';
      }, 'expected no user or password in the address'),
      v.description('An http or https address.'),
    ),
    sha256: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^[0-9a-f]{64}$/, 'expected 64 of 0-9 and a-f'),
        v.description('SHA-256 of the content, in hex. Without it the content may be another one each time.'),
      ),
    ),
  }),
  v.description('An address whose content is read. Nx caches validate only where sha256 is given.'),
);

const part = v.union([pathOrPattern, address], 'expected a path, or { "url": "https://..." }');

/** What a corpus is read from. */
export const CorpusInputSchema = v.union(
  [pathOrPattern, address, v.pipe(v.array(part), v.minLength(1, 'expected at least one path'))],
  'expected a path, a list of paths, or { "url": "https://..." }',
);

/** One part of an input, as corpus.json names it. */
export type CorpusInputPart = v.InferOutput<typeof part>;
