import { describe, expect, it } from 'vitest';
import { IndexingError, type RunRecord } from '@lockstep/model';
import { createMemoryLedger, createMemoryRowStore, createMemoryVectorStore, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig, type CorpusRigOptions } from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';
import { provision } from '../stages/provision.ts';
import { endRun } from './end-run.ts';

const inputs = (count: number): { id: string; text: string }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));

/** A rig whose clock advances by a second each time that it is read. */
function rigInTime(options: CorpusRigOptions = {}): CorpusRig {
  return createCorpusRig({ clock: secondsFrom(options.rows === undefined ? 0 : 1_000), ...options });
}

function secondsFrom(start: number) {
  let seconds = start;
  return { now: () => (seconds += 1) * 1_000, sleep: () => Promise.resolve() };
}

/** How the last run of the corpus ended. */
async function lastRun({ ledger }: CorpusRig): Promise<RunRecord> {
  const [run] = await ledger.runs({ corpus: 'books', limit: 1 });
  if (run === undefined) throw new Error('there was no run');
  return run;
}

async function endOf(rig: CorpusRig) {
  const { end } = await lastRun(rig);
  if (end === undefined) throw new Error('the last run has no end');
  return end;
}

describe('the end of a run', () => {
  it('records what the run did in both stores, and what it paid', async () => {
    const rig = rigInTime();
    await rig.load(inputs(4));
    await rig.verify();
    const { embedded } = await rig.load([...inputs(2), { id: 'c2', text: 'edited' }, { id: 'new', text: 'text 0' }]);
    await rig.verify();
    const end = await endOf(rig);
    expect(end).toEqual({
      finishedAt: expect.any(String) as string,
      outcome: 'done',
      error: null,
      counts: { input: 4, qdrant: 4, neon: 4, pointsWritten: 2, pointsDeleted: 1, rowsWritten: 2, rowsDeleted: 1 },
      tokensPaid: 1,
      // Bytes: three texts of six that were in the cache; four to a token.
      tokensSaved: Math.round(18 / 4),
      embeddedAt: embedded.startedAt,
      work: expect.objectContaining({ dollars: null }) as object,
    });
    expect(Date.parse(end.finishedAt)).toBeGreaterThan(Date.parse((await lastRun(rig)).startedAt));
  });

  it('records the counts that verify found, not those of the loads, when the stores differ', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    rig.rows.table.delete(await rig.pointIdOf('c0'));
    await rig.verify();
    expect(await endOf(rig)).toMatchObject({
      outcome: 'differ',
      error: null,
      counts: { input: 3, qdrant: 3, neon: 2, pointsWritten: 3, rowsWritten: 3 },
    });
  });

  it('records that nothing was written when the loads of an earlier run were replayed', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    await rig.verify();
    await rig.provision();
    await rig.verify();
    expect((await endOf(rig)).counts).toEqual({
      input: 3,
      qdrant: 3,
      neon: 3,
      pointsWritten: 0,
      pointsDeleted: 0,
      rowsWritten: 0,
      rowsDeleted: 0,
    });
  });

  it('records the error that ended the run, and how far the run had come', async () => {
    const rig = rigInTime();
    await rig.validate(inputs(3));
    await rig.embed();
    await rig.provision();
    await rig.loadQdrant();
    rig.rows.beforeWrite = () => {
      throw new IndexingError({ code: 'service-unavailable', message: 'm' });
    };
    const error = await failureOf(rig.loadNeon());
    await endRun(rig.context, rig.ledger, { error });
    expect(await endOf(rig)).toMatchObject({
      outcome: 'failed',
      error: 'service-unavailable',
      counts: {
        input: 3,
        qdrant: 3,
        neon: null,
        pointsWritten: 3,
        pointsDeleted: 0,
        rowsWritten: null,
        rowsDeleted: null,
      },
      tokensPaid: 6,
    });
  });

  it('records that the run was overtaken, in its own entry and not in that of the run that took over', async () => {
    const rig = rigInTime();
    await rig.validate(inputs(2));
    await rig.embed();
    const { fence } = await rig.provision();
    const { vectors, rows, ledger } = rig;
    const other = rigInTime({ vectors, rows, ledger });
    await other.load(inputs(2));
    const error = await failureOf(rig.loadQdrant());
    await endRun(rig.context, ledger, { error });
    const runs = await ledger.runs({ corpus: 'books', limit: 9 });
    expect(runs.map((run) => [run.fence === fence, run.end?.outcome, run.end?.error])).toEqual([
      [false, undefined, undefined],
      [true, 'overtaken', 'overtaken'],
    ]);
  });

  it('records a fault of the program for an error that is no IndexingError', async () => {
    const rig = rigInTime();
    await rig.load(inputs(1));
    await endRun(rig.context, rig.ledger, { error: new TypeError('not a function') });
    expect(await endOf(rig)).toMatchObject({ outcome: 'failed', error: 'invariant' });
  });

  it('is recorded once: a second end changes nothing', async () => {
    const rig = rigInTime();
    await rig.load(inputs(1));
    await rig.verify();
    const before = await endOf(rig);
    await endRun(rig.context, rig.ledger, { error: new Error('later') });
    expect(await endOf(rig)).toEqual(before);
  });
});

describe('what a run paid', () => {
  it('only the run that paid records its tokens, and runs that replay its embeddings record 0', async () => {
    const rig = rigInTime();
    const { embedded } = await rig.load(inputs(3));
    await rig.verify();
    expect(await endOf(rig)).toMatchObject({ tokensPaid: 6, tokensSaved: 0 });
    // Embed is replayed from a cache: its receipt is that of the first run. 18 bytes, four to a token.
    const replayed = { tokensPaid: 0, tokensSaved: 5, embeddedAt: embedded.startedAt };
    await rig.provision();
    await rig.verify();
    expect(await endOf(rig)).toMatchObject(replayed);
    // On another machine, which gets the outputs of the stages from a shared cache.
    const { vectors, rows, ledger } = rig;
    const other = rigInTime({ vectors, rows, ledger });
    for (const [name, text] of rig.artifacts.files) other.artifacts.files.set(name, text);
    for (const [key, vector] of rig.embeddings.sliced) other.embeddings.sliced.set(key, vector);
    await other.provision();
    await other.verify();
    expect(await endOf(other)).toMatchObject(replayed);
  });

  it('a run records 0 tokens when all its embeddings came from the cache', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    await rig.verify();
    await rig.load(inputs(3));
    await rig.verify();
    expect(await endOf(rig)).toMatchObject({ tokensPaid: 0, tokensSaved: 5 });
  });

  it('the next run records the tokens of a run that was killed after it paid', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    await rig.provision();
    await rig.verify();
    expect(await endOf(rig)).toMatchObject({ tokensPaid: 6 });
    const ended = (await rig.ledger.runs({ corpus: 'books', limit: 9 })).map(({ end }) => end?.tokensPaid);
    expect(ended).toEqual([6, undefined]);
  });

  it('a run without an embed stage records null', async () => {
    const rig = rigInTime();
    await rig.validate(inputs(2));
    await rig.provision();
    await endRun(rig.context, rig.ledger, { error: new IndexingError({ code: 'quota-exhausted', message: 'm' }) });
    expect(await endOf(rig)).toMatchObject({ tokensPaid: null, tokensSaved: null, embeddedAt: null });
  });
});

describe('what the stages of a run did', () => {
  /** A stage by its name, with what it did. */
  const stagesOf = async (rig: CorpusRig) =>
    (await endOf(rig)).work?.stages.map(({ stage, outcome, embedded, written, deleted }) => [
      stage,
      ...[outcome, embedded, written, deleted],
    ]);

  it('is recorded in the order in which they began, with their times and what they wrote', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    const verified = await rig.verify();
    expect(await stagesOf(rig)).toEqual([
      ['validate', 'done', null, null, null],
      ['embed', 'done', 3, null, null],
      ['provision', 'done', null, null, null],
      ['load-qdrant', 'done', null, 3, 0],
      ['load-neon', 'done', null, 3, 0],
      ['verify', 'done', null, null, null],
    ]);
    expect((await endOf(rig)).work?.stages.at(-1)).toMatchObject({
      startedAt: verified.startedAt,
      durationMs: verified.durationMs,
    });
  });

  it('is told apart from what an earlier run did, whose receipts a cache gave', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    await rig.verify();
    await rig.provision();
    await rig.verify();
    expect(await stagesOf(rig)).toEqual([
      ['validate', 'replayed', null, null, null],
      ['embed', 'replayed', 0, null, null],
      ['load-qdrant', 'replayed', null, 0, 0],
      ['load-neon', 'replayed', null, 0, 0],
      ['provision', 'done', null, null, null],
      ['verify', 'done', null, null, null],
    ]);
  });

  it('names the stage that ended the run, with its time, and none after it', async () => {
    const rig = rigInTime();
    await rig.load(inputs(3));
    await rig.verify();
    await rig.validate(inputs(4));
    await rig.embed();
    await rig.provision();
    rig.rows.beforeWrite = () => {
      throw new IndexingError({ code: 'service-unavailable', message: 'm' });
    };
    await failureOf(rig.loadNeon());
    expect((await stagesOf(rig))?.slice(2)).toEqual([
      ['provision', 'done', null, null, null],
      ['load-neon', 'failed', null, null, null],
    ]);
    expect((await endOf(rig)).work?.stages.at(-1)?.durationMs).toBeGreaterThan(0);
  });

  it('has the requests of a run in one process, those of two loads side by side only once', async () => {
    const rows = createMemoryRowStore();
    const vectors = createMemoryVectorStore();
    const ledger = createMemoryLedger();
    const asked = (requests: number) => ({ requests, retries: 0, breakerOpened: 0 });
    const calls = () => ({ qdrant: asked(vectors.cost.calls), neon: asked(rows.cost.calls + ledger.cost.calls) });
    const rig = createCorpusRig({ rows, vectors, ledger, calls, price: 2 });
    await rig.run(inputs(3));
    // The run table is asked for earlier runs, and gets the end, after the requests were counted.
    const { neon } = calls();
    const { work } = await endOf(rig);
    const loads = work?.stages.filter(({ stage }) => stage.startsWith('load-')) ?? [];
    expect(loads.map(({ stage, calls }) => [stage, Object.keys(calls)])).toEqual([
      ['load-qdrant', ['qdrant', 'neon']],
      ['load-neon', ['neon']],
    ]);
    expect(work?.calls.neon).toEqual(asked(neon.requests - 2));
    expect(work?.dollars).toBe(0.000_012);
  });
});

describe('a run that is not ended', () => {
  it('endRun enters nothing when the run has no fence', async () => {
    const rig = rigInTime();
    const { vectors, projection, context, ledger } = rig;
    await rig.validate(inputs(1));
    await provision(context, {
      runId: 'points alone',
      vectors,
      projection,
      dimensions: 8,
      deletes: 'full',
      trust: 'stamps',
      overlong: async () => ({ mode: 'windows', because: 'new' }),
      nonce: () => 'n',
    });
    await endRun(context, ledger, { error: new Error('m') });
    expect(await ledger.runs({ limit: 9 })).toEqual([]);
  });

  it('endRun enters nothing without a provision, or when the provision was refused', async () => {
    const rig = rigInTime();
    await endRun(rig.context, rig.ledger, { error: new Error('m') });
    await rig.load(inputs(30));
    await rig.validate(inputs(1));
    expect(await failureOf(rig.provision())).toMatchObject({ code: 'delete-guard' });
    await endRun(rig.context, rig.ledger, { error: new Error('m') });
    expect(await rig.ledger.runs({ limit: 9 })).toEqual([
      expect.not.objectContaining({ end: expect.anything() as object }),
    ]);
  });

  it('endRun fails, and enters nothing, when a receipt is damaged', async () => {
    const rig = rigInTime();
    await rig.load(inputs(1));
    rig.artifacts.files.set(FILES.embedReceipt, 'torn');
    expect(await failureOf(endRun(rig.context, rig.ledger, { error: new Error('m') }))).toMatchObject({
      code: 'artifact-damaged',
    });
    expect(await lastRun(rig)).not.toHaveProperty('end');
  });
});
