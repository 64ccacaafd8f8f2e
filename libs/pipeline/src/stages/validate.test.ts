import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  contentHashOf,
  embeddingKeyOf,
  isIndexingError,
  pointIdOf,
  ROW_BYTES_MAX,
  rowBytes,
  SILENT,
  type JsonValue,
  type Logger,
  type OverlongMode,
} from '@lockstep/model';
import {
  accessTo,
  blocksOf,
  collect,
  createMemoryArtifacts,
  createStubEmbedder,
  failureOf,
  type MemoryArtifacts,
} from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { unpackers } from '@lockstep/unpackers';
import { FILES, readChunks } from '../files/corpus-files.ts';
import { validate } from './validate.ts';
import { basisDigest } from './validate-basis.ts';
import type { ValidateReceipt } from '../receipts.ts';

const INPUTS = join(import.meta.dirname, '../../../../fixtures/inputs');

interface RejectLine {
  readonly index: number;
  readonly line: number;
  readonly chunk_id: string | null;
  readonly code: string;
  readonly field: string | null;
  readonly message: string;
}

type Expected =
  | { readonly refused: string; readonly line?: number }
  | { readonly accepted: number; readonly rejected: readonly object[]; readonly duplicates: number };

const EXPECTED = JSON.parse(readFileSync(join(INPUTS, 'expected.json'), 'utf8')) as Record<string, Expected>;

function linesIn<Line>(artifacts: MemoryArtifacts, name: string): Line[] {
  const lines = artifacts.files.get(name)?.split('\n').slice(0, -1) ?? [];
  return lines.map((line) => JSON.parse(line) as Line);
}

const rejectsIn = (artifacts: MemoryArtifacts): RejectLine[] =>
  linesIn<RejectLine>(artifacts, FILES.rejects).toSorted((a, b) => a.index - b.index);

interface Choices {
  readonly strict?: boolean;
  readonly listedMax?: number;
  readonly logger?: Logger;
}

async function validateFile(name: string, blockBytes: number, choices: Choices = {}) {
  const { logger = SILENT, strict = false, ...others } = choices;
  const artifacts = createMemoryArtifacts();
  const embedder = createStubEmbedder();
  const bytes = readFileSync(join(INPUTS, name));
  const receipt: ValidateReceipt | Error = await validate(
    { corpus: 'books', artifacts, clock: { now: () => 0, sleep: () => Promise.resolve() }, logger },
    {
      input: [{ name, bytes: blocksOf(bytes, blockBytes), access: accessTo(bytes), unpackers }],
      embedder,
      overlong: async () => ({ mode: 'reject', because: 'stated' }),
      strict,
      ...others,
    },
  ).catch((error: unknown) => error as Error);
  expect(artifacts.leaks()).toEqual({ writers: 0, scratches: 0 });
  return { artifacts, receipt };
}

describe.each([1, 3, 64, 1 << 20])('validate, with input in blocks of %i bytes', (blockBytes) => {
  it.each(Object.entries(EXPECTED))('gives the expected result for %s', async (name, expected) => {
    const { artifacts, receipt } = await validateFile(name, blockBytes);
    if ('refused' in expected) {
      expect(isIndexingError(receipt)).toBe(true);
      expect(receipt).toMatchObject({ code: expected.refused });
      if (expected.line !== undefined)
        expect((receipt as Error).message).toMatch(new RegExp(`\\bline ${expected.line}\\b`, 'i'));
      const left = expected.refused === 'input-nothing-acceptable' ? [FILES.rejects] : [];
      expect([...artifacts.files.keys()]).toEqual(left);
      return;
    }
    expect(receipt).toMatchObject({
      accepted: expected.accepted,
      rejected: expected.rejected.length,
      duplicates: expected.duplicates,
      records: expected.accepted + expected.rejected.length + expected.duplicates,
    });
    expect(rejectsIn(artifacts).map(({ index, code, field }) => ({ index, code, field }))).toEqual(expected.rejected);
    const ids = (await collect(readChunks(artifacts))).map(({ pointId }) => pointId);
    expect(ids).toHaveLength(expected.accepted);
    expect(ids).toEqual(ids.toSorted());
  });
});

const GOLDEN = JSON.parse(readFileSync(join(INPUTS, 'golden.json'), 'utf8')) as Record<string, string>;

it.each(Object.entries(GOLDEN))(
  'gives the same bytes of chunks for %s as the first version did',
  async (name, digest) => {
    const rig = createCorpusRig();
    const bytes = blocksOf(readFileSync(join(INPUTS, '..', name)), 1 << 16);
    await validate(rig.context, {
      input: [{ name, bytes }],
      embedder: { ...rig.embedder, tokensOver: () => undefined },
      overlong: async () => ({ mode: 'windows', because: 'new' }),
      strict: false,
    });
    expect(
      createHash('sha256')
        .update(rig.artifacts.files.get(FILES.chunks) ?? '')
        .digest('hex'),
    ).toBe(digest);
  },
);

describe('validate', () => {
  it('writes the same files whatever the size of the input blocks', async () => {
    for (const name of ['valid/unicode.jsonl', 'valid/escapes-and-braces.json', 'valid/lines.jsonl.gz']) {
      const [small, large] = [await validateFile(name, 1), await validateFile(name, 1 << 20)];
      expect(small.artifacts.files).toEqual(large.artifacts.files);
    }
  });

  it('gives a chunk its point id, hash and embedding key, and leaves its text unchanged', async () => {
    const rig = createCorpusRig();
    const text = ' e\u0301 \u{1F600}\u2028\r\n"\\ ';
    await rig.validate([{ id: 7, text, page: 3, metadata: { a: [null, { b: 1 }] } }]);
    const [chunk] = await collect(readChunks(rig.artifacts));
    const fields = {
      chunkId: '7',
      documentId: null,
      chapterTitle: null,
      pageNumber: null,
      text,
      createdAt: null,
      metadata: { a: [null, { b: 1 }], page: 3 },
    };
    expect(chunk).toEqual({
      ...fields,
      pointId: pointIdOf('books', '7'),
      contentHash: contentHashOf(fields),
      embeddingKey: embeddingKeyOf(rig.embedder.identity, text),
    });
  });

  it('names the line, the id and the reason of a reject, and never its text', async () => {
    const { artifacts } = await validateFile('rejects/line-numbers.jsonl', 10);
    const source = readFileSync(join(INPUTS, 'rejects/line-numbers.jsonl'), 'utf8').split('\n');
    const [reject] = rejectsIn(artifacts);
    expect(JSON.parse(source[(reject?.line ?? 0) - 1] ?? '')).not.toHaveProperty('text', expect.stringMatching(/\S/));
    expect(reject).toMatchObject({ index: 1, chunk_id: expect.any(String), message: expect.stringMatching(/\w/) });
    const rig = createCorpusRig();
    const secret = 'do not quote me';
    await rig.validate([
      { id: 'a', text: 't' },
      { id: 'b', text: 7, note: secret },
      { id: 'a', text: secret },
    ]);
    expect(rejectsIn(rig.artifacts)).toHaveLength(2);
    expect(rig.artifacts.files.get(FILES.rejects)).not.toContain(secret);
  });

  it('accepts the first of several records with one id, counts equal ones and rejects different ones, in any order', async () => {
    const rig = createCorpusRig();
    const records = [
      { id: 'b', text: 'other' },
      { id: 1, text: 'first', z: 1, a: 2 },
      { id: '1', a: 2, content: 'first', metadata: { z: 1 } },
      { id: 1, text: 'second' },
      { id: 1, text: 'first', z: 1, a: 2 },
    ];
    expect(await rig.validate(records)).toMatchObject({ accepted: 2, duplicates: 2, rejected: 1 });
    expect(rejectsIn(rig.artifacts)).toMatchObject([{ index: 3, line: 1, chunk_id: '1', code: 'duplicate-id' }]);
    const chunks = await collect(readChunks(rig.artifacts));
    expect(chunks.map(({ text }) => text).toSorted()).toEqual(['first', 'other']);
  });

  it('has one record of an id in memory, however many there are', async () => {
    const artifacts = createMemoryArtifacts();
    let read = 0;
    let readAtFirstReject: number | undefined;
    const watched: MemoryArtifacts = {
      ...artifacts,
      async scratch() {
        const scratch = await artifacts.scratch();
        const counted = async function* (name: string): AsyncGenerator<Uint8Array> {
          for await (const block of scratch.read(name)) {
            read += block.length;
            yield block;
          }
        };
        return { ...scratch, read: counted };
      },
      async write(name) {
        const writer = await artifacts.write(name);
        if (name !== FILES.rejects) return writer;
        return {
          ...writer,
          write: async (text) => {
            readAtFirstReject ??= read;
            await writer.write(text);
          },
        };
      },
    };
    // More than the sorter has in memory.
    const m = 'x'.repeat(64 * 1024);
    const records = Array.from({ length: 140 }, (_, at) => ({ id: 'same', text: `t${at}`, m }));
    expect(await createCorpusRig({ artifacts: watched }).validate(records)).toMatchObject({
      accepted: 1,
      rejected: 139,
    });
    expect(readAtFirstReject).toBeGreaterThan(0);
    expect(readAtFirstReject).toBeLessThan(read / 4);
  });

  it('holds rejected records whose id can be read, unless another record of that id is accepted', async () => {
    const rig = createCorpusRig({ overlong: 'reject' });
    const long = 'word '.repeat(257);
    const receipt = await rig.validate([
      { id: 'kept', text: 't' },
      { id: 'no text' },
      { id: 'too long', text: long },
      { id: 'good later', text: 3 },
      { id: 'good later', text: 'fine' },
      { id: 'twice' },
      { id: 'twice', text: '' },
      { text: 'no id' },
      { id: 'a', chunk_id: 'b', text: 't' },
    ]);
    expect(receipt).toMatchObject({ accepted: 4, rejected: 5, held: 3 });
    const held = linesIn<{ point_id: string; chunk_id: string }>(rig.artifacts, FILES.held);
    expect(held.map(({ chunk_id }) => chunk_id).toSorted()).toEqual(['no text', 'too long', 'twice']);
    expect(held.map(({ point_id }) => point_id)).toEqual(
      held.map(({ chunk_id }) => pointIdOf('books', chunk_id)).toSorted(),
    );
  });

  it('rejects a text that is too long for the model, says how long it is, and what else may become of it', async () => {
    const rig = createCorpusRig({ overlong: 'reject' });
    await rig.validate([
      { id: 'fits', text: 'word '.repeat(256) },
      { id: 'not', text: 'word '.repeat(257) },
    ]);
    expect(rejectsIn(rig.artifacts)).toMatchObject([
      {
        index: 1,
        chunk_id: 'not',
        code: 'too-long',
        field: 'text',
        message: expect.stringMatching(/256.*stub-model.*257.*windows.*truncate/),
      },
    ]);
  });

  it('accepts a row of exactly the largest size, and names the field that makes a row too large', async () => {
    const rig = createCorpusRig();
    const chunk = { documentId: null, chapterTitle: null, pageNumber: null, createdAt: null, text: 't' };
    const room = ROW_BYTES_MAX - rowBytes({ ...chunk, chunkId: 'fits', metadata: { m: '' } });
    await rig.validate([
      { id: 'fits', text: 't', m: 'x'.repeat(room) },
      { id: 'over', text: 't', m: 'x'.repeat(room + 1) },
    ]);
    expect((await collect(readChunks(rig.artifacts))).map(({ chunkId }) => chunkId)).toEqual(['fits']);
    expect(rejectsIn(rig.artifacts)).toMatchObject([
      { chunk_id: 'over', code: 'too-large', field: 'metadata', message: expect.stringContaining(`${ROW_BYTES_MAX}`) },
    ]);
    expect(linesIn(rig.artifacts, FILES.held)).toMatchObject([{ chunk_id: 'over' }]);
  });

  it('lists a limited number of rejects, says how many more there are, and holds all of them', async () => {
    const logged: string[] = [];
    const logger = { ...SILENT, warn: (event: string) => void logged.push(event) };
    const rejects = async (listedMax: number) => {
      logged.length = 0;
      const { artifacts, receipt } = await validateFile('rejects/missing-text.jsonl', 1 << 20, { listedMax, logger });
      expect(receipt).toMatchObject({ accepted: 2, rejected: 5, held: 5 });
      expect(linesIn(artifacts, FILES.held)).toHaveLength(5);
      return linesIn<RejectLine>(artifacts, FILES.rejects).map(({ code, message }) => [code, message]);
    };
    const all = await rejects(5);
    expect(all).toHaveLength(5);
    expect(logged).not.toContain('more-rejected-than-listed');
    expect(await rejects(3)).toEqual([...all.slice(0, 3), ['not-listed', '2 more records were rejected']]);
    expect(logged.filter((event) => event === 'more-rejected-than-listed')).toHaveLength(1);
  });

  it('fails under strict when a record is rejected, and writes the rejects file but no chunks', async () => {
    const { artifacts, receipt } = await validateFile('rejects/missing-text.jsonl', 1 << 20, { strict: true });
    expect(receipt).toMatchObject({ code: 'records-rejected', details: { rejected: 6 } });
    expect([...artifacts.files.keys()]).toEqual([FILES.rejects]);
    expect(rejectsIn(artifacts)).toHaveLength(6);
    const fine = await validateFile('valid/equal-duplicates.jsonl', 1 << 20, { strict: true });
    expect(fine.receipt).toMatchObject({ accepted: 2, duplicates: 2 });
  });

  it('leaves the chunks of the last good input when it refuses one, but no receipt that later stages would accept', async () => {
    const rig = createCorpusRig();
    await rig.validate([{ id: 'a', text: 't' }]);
    const chunks = rig.artifacts.files.get(FILES.chunks);
    for (const records of [[], [{ id: 'b' }]]) {
      expect((await failureOf(rig.validate(records))).code).toMatch(/^input-(empty|nothing-acceptable)$/);
      expect(rig.artifacts.files.get(FILES.chunks)).toBe(chunks);
      expect(await failureOf(rig.embed())).toMatchObject({ code: 'validate-failed' });
      expect(await failureOf(rig.provision())).toMatchObject({ code: 'validate-failed' });
    }
    expect(rig.vectors.cost.calls + rig.rows.cost.calls + rig.ledger.cost.calls).toBe(0);
  });

  it('gives the same digest for the same wanted and held chunks, in any order and form of the input', async () => {
    const digestOf = async (records: readonly JsonValue[]) => (await createCorpusRig().validate(records)).digest;
    const a = { id: 'a', text: 't', page: 1 };
    const b = { id: 'b', text: 'u' };
    const digest = await digestOf([a, b]);
    expect(await digestOf([b, { page: 1, chunkId: 'a', content: 't' }, b])).toBe(digest);
    const others = [[a], [a, { ...b, text: 'v' }], [{ ...a, page: 2 }, b], [a, b, { id: 'c' }], [a, { id: 'b' }]];
    const digests = await Promise.all([[a, b], ...others].map(digestOf));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('stops at its signal, and leaves no file but the mark that says so', async () => {
    const rig = createCorpusRig({ signal: AbortSignal.abort(new Error('stop')) });
    await expect(rig.validate([{ id: 'a', text: 't' }])).rejects.toThrow('stop');
    expect([[...rig.artifacts.files.keys()], rig.artifacts.leaks()]).toEqual([
      ['attempts/validate.json'],
      { writers: 0, scratches: 0 },
    ]);
  });
});

describe('the basis of a corpus', () => {
  const BASIS = {
    inputDigest: 'a'.repeat(64),
    identity: { model: 'm', host: null, dimensions: 8 },
    inputTokensMax: 100,
    overlong: 'reject' as OverlongMode | null,
  };

  it.each([
    ['the input', { inputDigest: 'b'.repeat(64) }],
    ['the model', { identity: { ...BASIS.identity, model: 'n' } }],
    ['the host of the model', { identity: { ...BASIS.identity, host: 'h' } }],
    ['the dimensions', { identity: { ...BASIS.identity, dimensions: 9 } }],
    ['the limit of tokens', { inputTokensMax: 101 }],
    ['the handling of texts over it', { overlong: 'truncate' as const }],
    ['whether there are texts over it', { overlong: null }],
  ])('the basis digest changes with %s', (_what, other) => {
    expect(basisDigest({ ...BASIS, ...other })).not.toBe(basisDigest(BASIS));
  });

  it('the basis digest changes with each change of the rules', async () => {
    const made = createHash('sha256');
    for (const name of Object.keys(EXPECTED).toSorted()) {
      const { artifacts } = await validateFile(name, 1 << 20);
      for (const file of [FILES.chunks, FILES.held, FILES.rejects])
        made.update(`${name} ${artifacts.files.get(file)}\n`);
    }
    // If `made` differs, these inputs now give other chunks or other texts about rejects: raise RULES, which changes the
    // basis, and write both digests here.
    expect({ made: made.digest('hex'), basis: basisDigest(BASIS) }).toMatchInlineSnapshot(`
      {
        "basis": "011d898631d39cfd3ca932fe68a0334833326f1201a6b1a959fbcff6206ae712",
        "made": "f116c1c0c8b19c7217f54f6d7b6845dec9e3eec8a6628752c69469390d45bed8",
      }
    `);
  });
});
