import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMemoryArtifacts, createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { FILES } from '../files/corpus-files.ts';
import { DEFAULT_REJECT_LIMIT } from '../accept/reject-limit.ts';
import { validate, type ValidateOptions } from './validate.ts';

const FIXTURES = join(import.meta.dirname, '../../../../fixtures');

/** Content by file name. */
type Files = Readonly<Record<string, string>>;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function validated(files: Files, options: Partial<ValidateOptions> = {}) {
  const artifacts = createMemoryArtifacts();
  let open = 0;
  async function* input() {
    for (const [name, content] of Object.entries(files)) {
      open += 1;
      expect(open).toBe(1);
      const bytes = (async function* () {
        yield new TextEncoder().encode(content);
      })();
      yield { name, file: Object.keys(files).length > 1 ? name : undefined, bytes, digest: () => sha256(content) };
      open -= 1;
    }
  }
  const receipt = await validate(
    {
      corpus: 'books',
      artifacts,
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      logger: { debug() {}, info() {}, warn() {} },
    },
    {
      input: input(),
      embedder: { ...createStubEmbedder(), tokensOver: () => undefined },
      overlong: async () => ({ mode: 'windows', because: 'new' }),
      strict: false,
      ...options,
    },
  );
  const rejects = (artifacts.files.get(FILES.rejects) ?? '').split('\n').slice(0, -1);
  return {
    receipt,
    chunks: artifacts.files.get(FILES.chunks) ?? '',
    rejects: rejects.map((line) => JSON.parse(line) as object),
  };
}

const lines = (...records: readonly object[]): string => records.map((each) => `${JSON.stringify(each)}\n`).join('');
const text = 'T';

describe('an input of several files', () => {
  it('becomes the same chunks as the same records in one file', async () => {
    const golden = JSON.parse(readFileSync(join(FIXTURES, 'inputs/golden.json'), 'utf8')) as Record<string, string>;
    const name = 'inputs/valid/awkward-ids.jsonl';
    const content = readFileSync(join(FIXTURES, name), 'utf8');
    const records = content.split(/(?<=\n)/);
    expect(records.length).toBeGreaterThan(3);
    for (let cut = 0; cut <= records.length; cut += 1) {
      const { chunks } = await validated({
        'a.jsonl': records.slice(0, cut).join(''),
        'b.jsonl': records.slice(cut).join(''),
      });
      expect(sha256(chunks), `cut at ${cut}`).toBe(golden[name]);
    }
  });

  it('has derived ids that do not depend on the file', async () => {
    const records = [{ text: 'one' }, { text: 'two', tag: 1 }, { text: 'two', tag: 2 }];
    const whole = await validated({ 'all.jsonl': lines(...records) });
    const cut = await validated({ 'a.jsonl': lines(...records.slice(0, 2)), 'b.jsonl': lines(...records.slice(2)) });
    expect(whole.receipt.derivedIds).toBe(3);
    expect(cut.chunks).toBe(whole.chunks);
  });

  it('has rejects, conversions and their examples with the file and the number of the record in it', async () => {
    const { receipt, rejects } = await validated({
      'a.jsonl': lines({ id: 1, text }, { id: 2 }, { id: 3, text, page_number: '7' }),
      'b.jsonl': `${lines({ id: 4, text, page_number: '8' })}{"id":\n${lines({ id: 5 })}`,
    });
    expect(rejects).toMatchObject([
      { file: 'a.jsonl', index: 1, line: 2, chunk_id: '2', code: 'missing-text' },
      { file: 'b.jsonl', index: 1, line: 2, code: 'not-json' },
      { file: 'b.jsonl', index: 2, line: 3, chunk_id: '5' },
    ]);
    expect(receipt.rejects).toMatchObject([
      { code: 'missing-text', count: 2, example: { file: 'a.jsonl', index: 1 } },
      { code: 'not-json', count: 1, example: { file: 'b.jsonl', index: 1, line: 2 } },
    ]);
    expect(receipt.converted).toMatchObject([{ kind: 'page', count: 2, example: { file: 'a.jsonl', index: 2 } }]);
  });

  it('counts a record that is equal to one of another file as a duplicate, and rejects one that differs', async () => {
    const { receipt, rejects } = await validated({
      'a.json': JSON.stringify([
        { id: 'x', text: 'X' },
        { id: 'y', text: 'Y' },
      ]),
      'b.json': JSON.stringify([
        { id: 'y', text: 'Y' },
        { id: 'x', text: 'other' },
      ]),
    });
    expect(receipt).toMatchObject({ accepted: 2, duplicates: 1, rejected: 1 });
    expect(rejects).toEqual([
      expect.objectContaining({
        file: 'b.json',
        index: 1,
        message: 'record 1 of a.json, line 1, has the same id and other content; the first is kept',
      }),
    ]);
  });

  it('is refused where ids count anew in each file, with the two records and their files', async () => {
    const records = (file: string) => lines(...Array.from({ length: 20 }, (_, id) => ({ id, text: `${file}${id}` })));
    const files = { 'a.jsonl': records('a'), 'b.jsonl': records('b') };
    const failure = await failureOf(validated(files, { rejectLimit: DEFAULT_REJECT_LIMIT }));
    expect(failure).toMatchObject({ code: 'id-not-unique', details: { repeated: 20, ids: 20 } });
    expect(failure.message).toMatch(/in record (\d+) of a\.jsonl and record \1 of b\.jsonl/);
  });

  it('is read by the form and the shape of each file, and the receipt says which', async () => {
    const { receipt } = await validated({
      'a.jsonl': lines({ id: 1, text }, { id: 2, text }),
      'b.csv': 'page_content,source\nAlpha,a.pdf\n',
      'c.json': '[{"id":3,"text":"C"}]',
      'd.json': '[]',
    });
    expect(receipt).toMatchObject({ accepted: 4, rejected: 0, shape: { shape: 'lockstep, general' } });
    expect(receipt.files).toEqual({
      count: 4,
      empty: 1,
      shapes: [
        { shape: 'lockstep', files: 2, records: 3, example: 'a.jsonl' },
        { shape: 'general', files: 1, records: 1, example: 'b.csv' },
      ],
    });
  });

  it('needs a path of the user in one of its files, not in each', async () => {
    const files = { 'a.jsonl': lines({ id: 1, body: text }), 'b.jsonl': lines({ id: 2, text }) };
    expect((await validated(files, { fields: { text: 'body' } })).receipt.accepted).toBeGreaterThan(0);
    expect(await failureOf(validated(files, { fields: { text: 'boddy' } }))).toMatchObject({
      code: 'config-invalid',
      message: 'fields.text: no record has "boddy". Did you mean "body"? The records have id, body, text.',
    });
  });

  it('is refused with the name of the file that cannot be read', async () => {
    const good = lines({ id: 1, text });
    const refusal = async (files: Files) => (await failureOf(validated(files))).message;
    expect(await refusal({ 'a.jsonl': good, 'b.json': '[{"id":1,' })).toMatch(/^b\.json: Line 1/);
    expect(await refusal({ 'a.jsonl': '%PDF-1.7\n', 'b.jsonl': good })).toMatch(/^a\.jsonl: The input is a PDF/);
    expect(await failureOf(validated({ 'a.jsonl': '', 'b.jsonl': '' }))).toMatchObject({ code: 'input-empty' });
  });

  it('has another basis when the order or the content of its files changes, and for one file that of its bytes', async () => {
    const [a, b] = [lines({ id: 1, text }), lines({ id: 2, text })];
    const basis = async (files: Files) => (await validated(files)).receipt.basis;
    const first = await basis({ 'a.jsonl': a, 'b.jsonl': b });
    expect(await basis({ 'c.jsonl': a, 'd.jsonl': b })).toBe(first);
    expect(await basis({ 'a.jsonl': b, 'b.jsonl': a })).not.toBe(first);
    expect(await basis({ 'a.jsonl': a + b })).not.toBe(first);
    expect((await validated({ 'a.jsonl': a })).receipt.files).toBeUndefined();
  });
});
