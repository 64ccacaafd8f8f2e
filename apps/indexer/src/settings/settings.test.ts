import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { readSource } from './corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from './corpus-settings.ts';
import { embeddingPrice, guardCost } from './embedding-price.ts';
import { readEnvironment, VARIABLES } from './environment.ts';
import { CORPUS_FLAGS, FLAG_NAMES, FLAGS, type Flag } from './flags.ts';
import { KNOWN_MODELS } from './known-models.ts';
import { minuteLimits } from './minute-limits.ts';
import { argsOf, parseFlags, resolveFlags } from './parse-flags.ts';
import { resolveProfile } from './profile.ts';
import { openAiKey, postgresAddress, qdrantAddress } from './service-address.ts';
import { deleteLimit } from './delete-limit.ts';

const folders: string[] = [];
function folder(files: Record<string, string> = {}): string {
  const made = mkdtempSync(join(tmpdir(), 'lockstep-settings-'));
  folders.push(made);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true });
});

/** The flags of a command line that takes all of them, with these variables set. */
const flagsOf = (args: Record<string, unknown>, own: Readonly<Record<string, string>> = {}) =>
  resolveFlags(parseFlags({ _: [], ...args }, argsOf(FLAG_NAMES)), readEnvironment(folder(), own));

const both = { QDRANT_HOST: 'https://q.test', NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u:p@db.test/d' };

describe('the profile', () => {
  const embedded = { embedder: 'embedded', vectors: 'embedded', rows: 'embedded' };
  const cloud = { embedder: 'cloud', vectors: 'cloud', rows: 'cloud' };

  it.each([
    ['is embedded with nothing set', {}, {}, embedded],
    ['is embedded with an OpenAI key alone', { OPENAI_API_KEY: 'k' }, {}, embedded],
    ['is cloud with both stores set', both, {}, cloud],
    ['follows LOCKSTEP_PROFILE even when both stores are set', { ...both, LOCKSTEP_PROFILE: 'embedded' }, {}, embedded],
    ['follows a flag for one service', both, { rows: 'embedded' }, { ...cloud, rows: 'embedded' }],
    [
      'follows a variable for one service over LOCKSTEP_PROFILE',
      { LOCKSTEP_PROFILE: 'embedded', LOCKSTEP_EMBEDDER: 'cloud' },
      {},
      { ...embedded, embedder: 'cloud' },
    ],
  ] as const)('the profile %s', (_, environment, flags, expected) => {
    expect(resolveProfile(environment, flagsOf(flags, environment), undefined)).toEqual(expected);
  });

  it('a profile is refused when the variable of one of two stores in use is not set', () => {
    const { QDRANT_HOST, NEON_POSTGRES_CONNECTION_STRING } = both;
    expect(() => resolveProfile({ QDRANT_HOST }, flagsOf({}), undefined)).toThrow(
      /NEON_POSTGRES_CONNECTION_STRING is not/,
    );
    expect(() => resolveProfile({ NEON_POSTGRES_CONNECTION_STRING }, flagsOf({}), undefined)).toThrow(
      /QDRANT_HOST is not/,
    );
    expect(resolveProfile({ QDRANT_HOST }, flagsOf({}), 'qdrant').vectors).toBe('cloud');
  });
});

describe('the environment', () => {
  it('a variable of the process overrides one of .env, unless it is empty', () => {
    const root = folder({ '.env': 'QDRANT_HOST=https://file.test\nQDRANT_API_KEY=key\n' });
    expect(readEnvironment(root, { QDRANT_HOST: 'https://own.test', QDRANT_API_KEY: '' })).toEqual({
      QDRANT_HOST: 'https://own.test',
      QDRANT_API_KEY: 'key',
    });
  });

  it.each([
    ['OPENAI_API_KEY', 'sk-secret\nvalue'],
    ['NEON_POSTGRES_CONNECTION_STRING', 'postgresql://user:secret#value@host/db'],
    ['NEON_POSTGRES_CONNECTION_STRING', 'postgresql://user:secret@host'],
    ['NEON_POSTGRES_CONNECTION_STRING', 'postgresql://user:begin@1/secret@host/db'],
    ['NEON_POSTGRES_CONNECTION_STRING', 'postgresql://user:begin@1/db#secret@host/db'],
    ['NEON_POSTGRES_CONNECTION_STRING', 'postgresql://user@host/db?password=secret'],
    ['OPENAI_BASE_URL', 'secret-not-a-url'],
    ['OPENAI_BASE_URL', 'https://user:secret@host/v1'],
    ['QDRANT_URL', 'https://secret@host'],
    ['NEON_FETCH_ENDPOINT', 'https://user:secret@host/sql'],
    ['LOCKSTEP_PROFILE', 'secret'],
  ])('a wrong value of %s is refused with a message that names the variable and not the value', (name, value) => {
    let message = '';
    try {
      readEnvironment(folder(), { [name]: value });
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain(name);
    expect(message).not.toContain('secret');
  });
});

describe('addresses', () => {
  it.each([
    ['https://host.test', 'https://host.test/'],
    ['https://host.test:6333/qdrant', 'https://host.test:6333/qdrant'],
    ['host.test', 'https://host.test:6333/'],
    ['host.test:7000', 'https://host.test:7000/'],
    ['localhost', 'http://localhost:6333/'],
    ['127.0.0.1:80', 'http://127.0.0.1/'],
  ])('QDRANT_HOST %s means the address %s', (given, expected) => {
    expect(qdrantAddress({ QDRANT_HOST: given }).url.href).toBe(expected);
  });

  describe('secrets over plain http', () => {
    const secrets = {
      QDRANT_API_KEY: 'secret-key',
      OPENAI_API_KEY: 'secret-key',
      NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u:secret-key@db.test/d',
    };
    const readers = {
      QDRANT_HOST: (own: object) => qdrantAddress({ ...secrets, ...own }).url.href,
      QDRANT_URL: (own: object) => qdrantAddress({ ...secrets, ...own }).url.href,
      OPENAI_BASE_URL: (own: object) => openAiKey({ ...secrets, ...own }),
      NEON_FETCH_ENDPOINT: (own: object) => postgresAddress({ ...secrets, ...own }).fetchEndpoint,
    };
    const withSecret = Object.entries(readers);
    const read = (name: string, reader: (own: object) => unknown, url: string) => () => reader({ [name]: url });

    it.each(withSecret)(
      'an http address of another machine in %s is refused when a secret would be sent there',
      (name, reader) => {
        for (const host of ['host.test', '10.0.0.7', '127.0.0.1.host.test', 'localhost.host.test', '[::2]']) {
          const message = expect.stringMatching(
            new RegExp(`^${name}: expected https.*(_API_KEY|NEON_POSTGRES_CONNECTION_STRING) would go over plain http`),
          );
          const refusal = expect.objectContaining({ code: 'environment-invalid', message });
          expect(read(name, reader, `http://${host}:8080/v1`), host).toThrow(refusal);
          expect(read(name, reader, `http://${host}:8080/v1`), host).not.toThrow(/secret-key/);
        }
      },
    );

    it.each(withSecret)(
      'an http address of this machine and an https address are accepted in %s with a secret',
      (name, reader) => {
        for (const url of ['http://localhost:80/a', 'http://127.8.0.1/a', 'http://[::1]:1/a', 'https://host.test/a']) {
          expect(read(name, reader, url), url).not.toThrow();
        }
      },
    );

    it('an http address of any machine is accepted when no secret would be sent there', () => {
      const url = 'http://gateway.test/v1';
      expect(openAiKey({ OPENAI_BASE_URL: url })).toBe('none');
      expect(qdrantAddress({ QDRANT_HOST: url })).toEqual({ url: new URL(url) });
      const passwordless = { NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u@db.test/d', NEON_FETCH_ENDPOINT: url };
      expect(postgresAddress(passwordless)).toMatchObject({ fetchEndpoint: url });
    });
  });

  it('the protocol is HTTP for Neon and for a NEON_FETCH_ENDPOINT, and that of Postgres for any other host', () => {
    const at = (host: string) => ({ NEON_POSTGRES_CONNECTION_STRING: `postgresql://u:p@${host}/d` });
    expect(postgresAddress(at('ep-x.eu.aws.neon.tech'))).toMatchObject({
      protocol: 'http',
      shown: 'ep-x.eu.aws.neon.tech/d',
    });
    expect(postgresAddress(at('db.test:5433'))).toMatchObject({ protocol: 'wire', shown: 'db.test:5433/d' });
    expect(postgresAddress({ ...at('db.test'), NEON_FETCH_ENDPOINT: 'http://localhost:4444/sql' })).toMatchObject({
      protocol: 'http',
      fetchEndpoint: 'http://localhost:4444/sql',
    });
  });

  it('an OpenAI key is required for OpenAI, and not for another server', () => {
    expect(() => openAiKey({})).toThrow(/OPENAI_API_KEY is not set/);
    expect(openAiKey({ OPENAI_BASE_URL: 'http://localhost:8080/v1' })).toBe('none');
  });
});

describe('flags', () => {
  const known = { source: { type: 'positional' }, ...argsOf(CORPUS_FLAGS) } as const;
  const parse = (args: Record<string, unknown>) =>
    parseFlags({ _: ['chunks.json'], source: 'chunks.json', ...args }, known);

  it.each([
    [{ bogus: true }, /no flag --bogus/],
    [{ 'batch-size': 'many' }, /--batch-size: expected a whole number/],
    [{ 'batch-size': '0' }, /--batch-size/],
    [{ 'batch-size': '4096' }, /--batch-size/],
    [{ deletes: 'some' }, /expected full, document or none/],
    [{ collection: '../x' }, /--collection/],
    [{ table: 'rag; drop' }, /--table/],
    [
      { table: 'pg_stat_activity' },
      /--table: .*Postgres reserves those that begin with "pg_", found "pg_stat_activity"/,
    ],
    [{ corpus: '' }, /--corpus needs a value/],
    [{ payload: 'model' }, /--payload/],
    [{ _: ['a', 'b'] }, /one argument too many/],
  ])('the arguments %j are refused', (args, message) => {
    expect(() => parse(args)).toThrow(message);
  });

  it('flags override corpus.json, which overrides the defaults', () => {
    const place = folder({
      'corpus.json': JSON.stringify({ name: 'docs', input: 'in.json', table: 'own_table', batchSize: 7 }),
      'in.json': '[]',
    });
    const flags = flagsOf({ 'batch-size': '9' });
    const settings = resolveCorpusSettings(readSource(place, undefined, tmpdir()), flags);
    expect(settings).toMatchObject({ corpus: 'docs', table: 'own_table', batchItems: 9, collection: 'book_vectors' });
  });
});

describe('a source', () => {
  it('the corpus of an input file is named after the file', () => {
    const place = folder({ 'My Chunks.v2.json.gz': '' });
    expect(readSource(join(place, 'My Chunks.v2.json.gz'), undefined, tmpdir()).config.name).toBe('my-chunks-v2');
  });

  it.each([
    ['{"name":"Bad Name","input":"x"}', /name: expected 1 to 64/],
    ['{"name":"a","input":"x","batchsize":3}', /batchsize/],
    ['{"name":"cache","input":"x"}', /taken/],
    ['{"name":"a","input":"x","table":"pg_x"}', /table: .*"pg_"/],
    ['{', /not JSON/],
  ])('a corpus.json of %s is refused', (text, message) => {
    expect(() => readSource(folder({ 'corpus.json': text }), undefined, tmpdir())).toThrow(message);
  });

  it('the name of a corpus in the workspace is a source, and the name of its folder is not', () => {
    const root = folder();
    mkdirSync(join(root, 'docs', 'mine'), { recursive: true });
    writeFileSync(join(root, 'docs', 'mine', 'corpus.json'), '{"name":"docs","input":"in.json"}');
    writeFileSync(join(root, 'docs', 'mine', 'in.json'), '[]');
    expect(() => readSource('mine', undefined, root)).toThrow(/no corpus of the workspace has that name/);
    expect(readSource('docs', undefined, root).input.parts).toMatchObject([
      { path: join(root, 'docs', 'mine', 'in.json') },
    ]);
  });

  it('a source that does not exist is told apart from near names of files and of corpora', () => {
    const root = folder({ 'quotes.json': '[]' });
    mkdirSync(join(root, 'docs'));
    writeFileSync(join(root, 'docs', 'corpus.json'), '{"name":"handbook","input":"in.json"}');
    const path = join(root, 'quote.json');
    expect(() => readSource(path, undefined, root)).toThrow(/that name\. Did you mean "quotes\.json"\?$/);
    expect(() => readSource('handbok', undefined, root)).toThrow(
      /that name\. Did you mean "handbook"\? The corpora are handbook\.$/,
    );
  });

  it('a source that does not exist, or whose input does not exist, is refused', () => {
    expect(() => readSource(join(folder(), 'none.json'), undefined, tmpdir())).toThrow(/does not exist/);
    expect(() =>
      readSource(folder({ 'corpus.json': '{"name":"a","input":"gone.json"}' }), undefined, tmpdir()),
    ).toThrow(/gone.json/);
  });
});

describe('the model', () => {
  const flags = resolveFlags({}, {});
  const profile = (embedder: 'embedded' | 'cloud') => ({ embedder, vectors: 'embedded', rows: 'embedded' }) as const;

  it('the model is that of corpus.json with its usual dimensions, or else the default of the embedding service', () => {
    expect(resolveModel({}, flags, profile('embedded'))).toEqual({
      model: 'embedded/all-minilm-l6-v2',
      dimensions: 384,
    });
    expect(resolveModel({}, flags, profile('cloud'))).toEqual({
      model: 'text-embedding-3-small',
      dimensions: 1536,
    });
    expect(resolveModel({ model: 'text-embedding-3-large' }, flags, profile('cloud')).dimensions).toBe(3072);
  });

  it('a model is refused when the embedded service does not have it, or when its dimensions are not known', () => {
    expect(() => resolveModel({ model: 'text-embedding-3-small' }, flags, profile('embedded'))).toThrow(
      /embedded service/,
    );
    expect(() => resolveModel({ model: 'own-model' }, flags, profile('cloud'))).toThrow(/--dimensions/);
  });
});

describe('what embedding may cost', () => {
  const openai = { model: 'text-embedding-3-small', host: null };
  const proxy = { ...openai, host: 'proxy.test' };

  it('the price is that of the flag, else of the variable, else the known one of a model that OpenAI itself serves', () => {
    const own = { LOCKSTEP_PRICE: '3' };
    expect(embeddingPrice(openai, flagsOf({}))).toBe(0.02);
    expect(embeddingPrice(openai, flagsOf({ price: '0.5' }, own))).toBe(0.5);
    expect(embeddingPrice(proxy, flagsOf({}, own))).toBe(3);
    expect(embeddingPrice(proxy, flagsOf({}))).toBeUndefined();
    expect(embeddingPrice({ ...openai, model: 'unheard-of' }, flagsOf({}))).toBeUndefined();
    expect(embeddingPrice({ ...openai, model: KNOWN_MODELS.embedded.model }, flagsOf({ price: '9' }))).toBe(0);
  });

  it('a cost above the limit is refused, and so is a limit when no price is known', () => {
    const at = (tokens: number, price: number | undefined) => () =>
      guardCost(tokens, { model: 'm', price, limit: 0.5 });
    expect(at(1_000_000, 0.5)).not.toThrow();
    expect(at(1_000_001, 0.5)).toThrow(expect.objectContaining({ code: 'cost-guard' }));
    expect(at(1, undefined)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    expect(at(0, undefined)).not.toThrow();
  });
});

describe('what may be sent in a minute', () => {
  const limits = (...settings: Parameters<typeof flagsOf>) => minuteLimits(flagsOf(...settings));

  it('a limit of tokens or requests per minute is that of the flag, else of the variable, else unknown', () => {
    const own = { LOCKSTEP_TOKENS_PER_MINUTE: '1000000', LOCKSTEP_REQUESTS_PER_MINUTE: '3000' };
    expect(limits({})).toEqual({});
    expect(limits({}, own)).toEqual({ tokens: 1_000_000, requests: 3_000 });
    expect(limits({ 'tokens-per-minute': '50000' }, own)).toEqual({ tokens: 50_000, requests: 3_000 });
  });

  it.each(['0', '-1', '1.5', '1M', ''])('a limit of %j requests per minute is refused', (text) => {
    expect(() => limits({ 'requests-per-minute': text })).toThrow(/--requests-per-minute/);
  });
});

describe('what a load may delete', () => {
  const limit = (...settings: Parameters<typeof flagsOf>) => deleteLimit(flagsOf(...settings));

  it('the delete limit is that of the flag, else of the variable, else the default', () => {
    expect(limit({})).toEqual({ percent: 20, count: 20 });
    expect(limit({}, { LOCKSTEP_ALLOW_DELETES: '1' })).toEqual({ percent: 100, count: 0 });
    expect(limit({}, { LOCKSTEP_MAX_DELETE_PERCENT: '3', LOCKSTEP_ALLOW_DELETES: '1' })).toEqual({
      percent: 3,
      count: 0,
    });
    expect(limit({ 'max-delete-percent': '7.5' }, { LOCKSTEP_ALLOW_DELETES: '1' })).toEqual({ percent: 7.5, count: 0 });
    expect(limit({ 'allow-deletes': true }, { LOCKSTEP_MAX_DELETE_PERCENT: '3' })).toEqual({ percent: 100, count: 0 });
  });

  it.each(['-1', '101', 'many', ''])('a delete limit of %j percent is refused', (text) => {
    expect(() => limit({ 'max-delete-percent': text })).toThrow(/--max-delete-percent/);
  });

  it('--max-delete-percent and --allow-deletes are refused together', () => {
    expect(() => limit({ 'max-delete-percent': '5', 'allow-deletes': true })).toThrow(/contradict/);
  });
});

describe('variables', () => {
  it('.env.example lists the variables of services and flags, and no other that the program reads', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../../../.env.example'), 'utf8');
    const listed = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(listed.filter((name) => !name?.startsWith('LOCKSTEP_TEST_')).toSorted()).toEqual(VARIABLES.toSorted());
  });

  it('a variable sets its flag when the flag is not typed, and is checked in the same way', () => {
    const texts: Readonly<Record<string, string>> = { embedder: 'cloud', vectors: 'cloud', rows: 'cloud' };
    for (const name of FLAG_NAMES) {
      const { check, variable }: Flag = FLAGS[name];
      if (variable === undefined) continue;
      const text = texts[name] ?? '1';
      const value = check === undefined ? true : v.parse(check, text);
      expect(flagsOf({}, { [variable]: text }), name).toMatchObject({ [name]: value });
      expect(() => flagsOf({}, { [variable]: 'wrong' }), name).toThrow(new RegExp(`^${variable}: expected`));
    }
  });
});
