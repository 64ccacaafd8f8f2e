import { describe, expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import { createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { FILES } from './corpus-files.ts';
import { validate } from '../stages/validate.ts';

const inputs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** A rig whose embedding service refuses the texts that `isRefused` picks. */
function rigRefusing(isRefused: (text: string) => boolean): CorpusRig {
  const embedder = createStubEmbedder({ packItems: 2048 });
  embedder.onRequest = (_, texts) => {
    if (texts.some(isRefused)) {
      throw new IndexingError({ code: 'request-refused', disposition: 'reject', message: 'The service answered 400.' });
    }
  };
  return createCorpusRig({ embedder, batchItems: 50 });
}

const refusedIn = (rig: CorpusRig) =>
  (rig.artifacts.files.get(FILES.refused) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { chunk_id: string; message: string });

describe('texts that the embedding service refuses', () => {
  it('a refused text costs two requests for each halving of its batch, and all other texts are embedded once', async () => {
    const rig = rigRefusing((text) => text === 'text 1234');
    await rig.validate(inputs(2048));
    const receipt = await rig.embed({ batchItems: 2048, concurrency: 1 });
    expect(receipt).toMatchObject({ texts: 2048, embedded: 2047, refused: 1, left: 0 });
    expect(rig.embedder.seen.requests).toBe(1 + 2 * Math.log2(2048));
    expect(rig.embedder.seen.inputs).toBe(2047);
    expect(rig.embeddings.sliced.size).toBe(2047);
    expect(refusedIn(rig)).toMatchObject([{ chunk_id: 'c1234', message: 'The service answered 400.' }]);
  });

  it('several refused texts in one batch are each found', async () => {
    const wrong = new Set([0, 1, 17, 40, 63].map((at) => `text ${at}`));
    const rig = rigRefusing((text) => wrong.has(text));
    await rig.validate(inputs(64));
    expect(await rig.embed({ batchItems: 64 })).toMatchObject({ embedded: 59, refused: 5 });
    expect(
      refusedIn(rig)
        .map(({ chunk_id }) => chunk_id)
        .toSorted(),
    ).toEqual(['c0', 'c1', 'c17', 'c40', 'c63']);
  });

  it('more refused texts than allowed fail the stage, which names their chunks, and what was embedded stays in the cache', async () => {
    const rig = rigRefusing((text) => Number(text.split(' ')[1]) % 4 === 0);
    await rig.validate(inputs(64));
    const failure = await failureOf(rig.embed({ batchItems: 8, concurrency: 1, rejectsMax: 2 }));
    expect(failure).toMatchObject({ code: 'records-rejected', details: { refused: 3, max: 2 } });
    expect(failure.message).toMatch(/"c\d+", "c\d+", "c\d+"\. embed\/refused\.jsonl names each\./);
    expect(refusedIn(rig)).toHaveLength(3);
    for (const { chunk_id } of refusedIn(rig)) expect(failure.message).toContain(`"${chunk_id}"`);
    expect(rig.embeddings.paid.size).toBe(rig.embedder.seen.inputs);
    expect(rig.embeddings.paid.size).toBeGreaterThan(0);
    expect(rig.artifacts.files.has(FILES.embedReceipt)).toBe(false);
  });

  it('a stage that fails for too many refused texts holds no chunk, so that verify reports what the stores lack', async () => {
    const rig = rigRefusing((text) => text === 'edited');
    await rig.load(inputs(4));
    await rig.validate(inputs(4).with(1, { id: 'c1', text: 'edited' }));
    expect(await failureOf(rig.embed({ rejectsMax: 0 }))).toMatchObject({ code: 'records-rejected' });
    expect(refusedIn(rig)).toHaveLength(1);
    expect(await rig.verify()).toMatchObject({ ok: false, refused: 0 });
  });

  it('a service that refuses all of 2,048 texts is sent fewer than 50 requests', async () => {
    const rig = rigRefusing(() => true);
    await rig.validate(inputs(2048));
    expect(await failureOf(rig.embed({ batchItems: 2048, concurrency: 1 }))).toMatchObject({
      code: 'records-rejected',
    });
    expect(rig.embedder.seen.requests).toBeLessThan(50);
  });

  it('a refused text leaves the last good version of its chunk in both stores, as a rejected record does', async () => {
    let refusing = false;
    const rig = rigRefusing((text) => refusing && text === 'edited');
    await rig.load(inputs(4));
    refusing = true;
    rig.forgetCosts();
    const edited = [...inputs(4).with(1, { id: 'c1', text: 'edited' }), { id: 'new', text: 'edited' }];
    const { embedded, qdrant, neon } = await rig.load(edited);
    expect(embedded.refused).toBe(1);
    expect([qdrant.plan.held, neon.plan.held]).toEqual([1, 1]);
    expect({ ...rig.costs(), requests: 0 }).toEqual(NO_COSTS);
    expect([...rig.rows.table.values()].map(({ text }) => text).toSorted()).toEqual(inputs(4).map(({ text }) => text));
    for (const level of ['counts', 'ids', 'content', 'vectors'] as const) {
      const counts = { input: 3, cache: 3, qdrant: 4, neon: 4 };
      expect(await rig.verify(level)).toMatchObject({ ok: true, refused: 2, counts });
    }
  });

  it('a text that was refused is embedded by a later run in which the service accepts it', async () => {
    let refusing = true;
    const rig = rigRefusing((text) => refusing && text === 'text 2');
    await rig.load(inputs(4));
    expect(rig.rows.table.size).toBe(3);
    refusing = false;
    rig.forgetCosts();
    await rig.load(inputs(4));
    expect(rig.costs()).toMatchObject({ requests: 1, inputs: 1, upserted: 1, written: 1 });
    expect(await rig.verify('vectors')).toMatchObject({ ok: true, refused: 0, counts: { input: 4, neon: 4 } });
  });
});

describe('texts that are too long', () => {
  const long = Array.from({ length: 300 }, (_, at) => `word${at}`).join(' ');

  async function validateWith(rig: CorpusRig, truncate: boolean) {
    const { embedder } = rig;
    async function* bytes() {
      yield new TextEncoder().encode(JSON.stringify([{ id: 'long', text: long }, ...inputs(1)]));
    }
    return validate(rig.context, {
      input: [{ name: 'chunks.json', bytes: bytes() }],
      embedder,
      overlong: async () => ({ mode: truncate ? 'truncate' : 'reject', because: 'stated' }),
      strict: false,
    });
  }

  it('a text that is too long is rejected with the number of its tokens', async () => {
    const rig = createCorpusRig();
    expect(await validateWith(rig, false)).toMatchObject({ accepted: 1, rejected: 1, truncated: 0 });
    expect(rig.artifacts.files.get(FILES.rejects)).toContain('expected at most 256 tokens for stub-model, found 300');
  });

  it('a text that is too long is truncated for embedding when the corpus says so, counted, and whole in its row', async () => {
    const rig = createCorpusRig();
    expect(await validateWith(rig, true)).toMatchObject({ accepted: 2, rejected: 0, truncated: 1 });
    await rig.embed();
    const sent = rig.embedder.answered.flat().find((text) => text.startsWith('word0'));
    expect(sent?.trim().split(' ')).toHaveLength(256);
    await rig.provision();
    await rig.loadQdrant();
    await rig.loadNeon();
    expect([...rig.rows.table.values()].map(({ text }) => text)).toContain(long);
    expect(await rig.verify('vectors')).toMatchObject({ ok: true });
  });
});
