import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isIndexingError,
  SILENT,
  textWindows,
  type Fields,
  type JsonValue,
  type OverlongMode,
  type TextWindow,
} from '@lockstep/model';
import { createMemoryArtifacts, createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { unpackers } from '@lockstep/unpackers';
import { DEFAULT_REJECT_LIMIT } from '../../accept/reject-limit.ts';
import { validate } from '../../stages/validate.ts';
import { inspectInput } from './inspect-input.ts';
import { createTextSet } from './text-set.ts';

const FIXTURES = join(import.meta.dirname, '../../../../../fixtures');
const clock = { now: () => 0, sleep: () => Promise.resolve() };

/** A word is a token. */
const words = createStubEmbedder();
const wordsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, at) => `word${first + at}`).join(' ');

const LONG = wordsFrom(0, 600);
const sum = (windows: readonly TextWindow[]) => windows.reduce((all, { tokens }) => all + tokens, 0);

interface Choices {
  readonly fields?: Fields;
  readonly mode?: OverlongMode;
  readonly strict?: boolean;
  readonly exactUnitsMax?: number;
}

function inputOf(name: string, bytes: Uint8Array) {
  return {
    name,
    bytes: (async function* () {
      yield bytes;
    })(),
    access: { size: bytes.length, slice: async (from: number, to: number) => bytes.slice(from, to) },
    unpackers,
  };
}

async function inspectBytes(name: string, bytes: Uint8Array, choices: Choices = {}) {
  const { mode = 'windows', strict = false, ...others } = choices;
  const artifacts = createMemoryArtifacts();
  const { countTokens, identity, inputTokensMax } = words;
  const small = { countTokens, identity, inputTokensMax };
  const large = { countTokens, identity: { ...identity, model: 'large' }, inputTokensMax: 8192 };
  const result = await inspectInput(
    { corpus: 'books', artifacts, logger: SILENT },
    {
      input: [inputOf(name, bytes)],
      strict,
      mode,
      rejectLimit: DEFAULT_REJECT_LIMIT,
      models: [small, large],
      ...others,
    },
  );
  expect([artifacts.files.size, artifacts.leaks()]).toEqual([0, { writers: 0, scratches: 0 }]);
  return result;
}

async function inspectRecords(records: readonly JsonValue[], choices?: Choices) {
  const bytes = new TextEncoder().encode(records.map((record) => JSON.stringify(record)).join('\n'));
  return inspectBytes('chunks.jsonl', bytes, choices);
}

describe('an inspection', () => {
  it('tells form, places of the fields, ids, texts, tokens and keys of an input', async () => {
    const { inspection, refusal } = await inspectRecords([
      { id: 'a', text: 'one two three', lang: 'en', stars: 4 },
      { id: 'b', content: 'one two three', lang: 'de', page_number: 7, loc: { from: 1 } },
      { chunk_id: 'c', text: wordsFrom(0, 600), lang: null, tags: ['x'] },
    ]);
    expect(refusal).toBeUndefined();
    expect(inspection).toMatchObject({
      forms: [{ form: 'json-lines', records: null, packing: null, encoding: 'utf-8', files: 1 }],
      files: null,
      shape: 'lockstep',
      from: {
        id: [
          { path: 'id', count: 2 },
          { path: 'chunk_id', count: 1 },
        ],
        text: [
          { path: 'text', count: 2 },
          { path: 'content', count: 1 },
        ],
        page: [{ path: 'page_number', count: 1 }],
      },
      records: 3,
      accepted: 3,
      rejected: 0,
      ids: { derived: 0, repeated: null },
      texts: { count: 3, distinct: 2, bytes: 2 * 13 + wordsFrom(0, 600).length },
      rejectedKeys: [],
    });
    expect(inspection.texts.lengths.filter(({ texts }) => texts > 0)).toEqual([
      { from: 1, upTo: 16, texts: 2 },
      { from: 513, upTo: 1024, texts: 1 },
    ]);
    expect(inspection.keys).toEqual([
      { path: 'lang', records: 2, kinds: ['text'], meanUnits: 2, example: 'en' },
      { path: 'page_number', records: 1, kinds: ['number'], meanUnits: null, example: 7 },
      { path: 'stars', records: 1, kinds: ['number'], meanUnits: null, example: 4 },
      { path: 'loc.from', records: 1, kinds: ['number'], meanUnits: null, example: 1 },
      { path: 'tags', records: 1, kinds: ['list'], meanUnits: null, example: '["x"]' },
    ]);
    const [small, large] = inspection.models;
    // Equal texts are sent once; windows have words in common.
    expect(small).toMatchObject({ model: 'stub-model', over: { texts: 1, windows: 3 }, tooLong: 0, isExact: true });
    expect(small?.tokens).toBeGreaterThan(603);
    expect(large).toMatchObject({ model: 'large', tokens: 603, over: { texts: 0, windows: 0 } });
  });

  it.each([
    ['windows', { tokens: 2 + sum(textWindows(words, LONG, 600) ?? []), accepted: 2 }],
    ['truncate', { tokens: 2 + 256, accepted: 2 }],
    ['reject', { tokens: 2, accepted: 1 }],
  ] as const)('counts what is sent of long texts in mode %s', async (mode, { tokens, accepted }) => {
    const records = [
      { id: 'a', text: 'one two' },
      { id: 'b', text: LONG },
    ];
    const { inspection } = await inspectRecords(records, { mode });
    expect(inspection.accepted).toBe(accepted);
    expect(inspection.models[0]?.tokens).toBe(tokens);
  });

  it('counts a part of the texts beyond its bound, and comes close to what there is', async () => {
    const records = Array.from({ length: 2000 }, (_, at) => ({ id: at, text: wordsFrom(at * 1000, 40 + (at % 600)) }));
    const exact = (await inspectRecords(records)).inspection.models[0];
    const about = (await inspectRecords(records, { exactUnitsMax: 500_000 })).inspection.models[0];
    expect([exact?.isExact, about?.isExact]).toEqual([true, false]);
    const isNear = (value = 0, truth = 0) => Math.abs(value - truth) / truth < 0.05;
    expect(isNear(about?.tokens, exact?.tokens)).toBe(true);
    expect(isNear(about?.over.texts, exact?.over.texts)).toBe(true);
    expect(isNear(about?.over.windows, exact?.over.windows)).toBe(true);
  });

  it('names the fields that make repeated ids unique, and the text that records without one may have', async () => {
    const repeated = Array.from({ length: 30 }, (_, at) => ({
      id: at % 5,
      url: `u${Math.trunc(at / 5)}`,
      text: `t ${at}`,
    }));
    const counted = await inspectRecords(repeated);
    expect(counted.refusal).toMatchObject({ code: 'id-not-unique' });
    expect(counted.inspection.ids.repeated).toMatchObject({ records: 25, ids: 5, uniqueId: ['url', 'id'] });
    const prose = [0, 1].map((at) => ({
      nr: at,
      lang: 'en',
      prose: `Sentence ${at} is about something of some length.`,
    }));
    const unknown = await inspectRecords(prose);
    expect(unknown.refusal).toMatchObject({ code: 'input-nothing-acceptable' });
    expect(unknown.inspection).toMatchObject({ textCandidate: 'prose', accepted: 0 });
    const named = await inspectRecords(prose, { fields: { text: 'prose' } });
    expect(named.refusal).toBeUndefined();
    expect(named.inspection).toMatchObject({
      accepted: 2,
      ids: { derived: 2 },
      from: { text: [{ path: 'prose', count: 2 }] },
    });
  });

  const files = ['inputs', 'field'].flatMap((folder) =>
    readdirSync(join(FIXTURES, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && entry.parentPath !== join(FIXTURES, folder))
      .map(({ parentPath, name }) => join(parentPath, name).slice(FIXTURES.length + 1)),
  );

  it.each(files)('ends as validate does for %s', async (file) => {
    const bytes = readFileSync(join(FIXTURES, file));
    for (const strict of [false, true]) {
      const validated = await validate(
        { corpus: 'books', artifacts: createMemoryArtifacts(), clock, logger: SILENT },
        {
          input: [inputOf(file, bytes)],
          embedder: words,
          overlong: async () => ({ mode: 'windows', because: 'new' }),
          strict,
          rejectLimit: DEFAULT_REJECT_LIMIT,
        },
      ).catch((error: unknown) => error as Error);
      const inspected = await inspectBytes(file, bytes, { strict }).catch((error: unknown) => error as Error);
      const ended = inspected instanceof Error ? inspected : (inspected.refusal ?? inspected.inspection);
      if (isIndexingError(validated)) {
        const { code, message, details } = validated;
        expect(ended).toMatchObject({ code, message, details });
      } else {
        expect(validated).not.toBeInstanceOf(Error);
        const { records, accepted, rejected, duplicates, rejects, converted } = validated as Exclude<
          typeof validated,
          Error
        >;
        expect(ended).toMatchObject({ records, accepted, rejected, duplicates, rejects, converted });
      }
    }
  });

  it('fails as validate does for what cannot be read', async () => {
    const bytes = new TextEncoder().encode('%PDF-1.7 and so on, a file of another kind');
    const error = await failureOf(inspectBytes('a.json', bytes));
    expect(error).toMatchObject({ code: 'input-form' });
  });
});

it('a set of texts finds every text that was added, and no other', () => {
  const set = createTextSet();
  const hash = (at: number) => `${(at * 2_654_435_761).toString(16).padStart(13, '0')}ffff`;
  for (let at = 0; at < 20_000; at += 1) expect(set.add(hash(at))).toBe(true);
  for (let at = 0; at < 20_000; at += 1) expect(set.add(hash(at))).toBe(false);
  expect(set.count()).toBe(20_000);
});
