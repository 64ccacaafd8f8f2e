import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, RunCounts, RunEnd, RunRecord, RunStart, RunWork, Stamp } from '@lockstep/model';
import { AWKWARD_TEXTS } from './awkward-json.ts';
import { evaluationSuite, exampleEvaluation, EXAMPLE_SCORES } from './evaluation-suite.ts';

/** A ledger for the suite, which uses only corpora with names of its own. */
export interface LedgersUnderTest {
  /** Opens the ledger, whose tables exist; each time independently, as another process would. */
  open(): Promise<Ledger>;
  /** Opens a new ledger whose tables were never made. */
  openEmpty(): Promise<Ledger>;
  /** Opens a new ledger that only a version from before the run table has used. */
  openOld(): Promise<OldLedger>;
  close(): Promise<void>;
}

/** A ledger that two versions of the program use in turn. */
export interface OldLedger {
  readonly ledger: Ledger;
  /** What the version before the run table does to take a corpus, with the digest `d`: makes its tables, takes a fence. */
  takeAsBefore(corpus: string, runId: string): Promise<number>;
}

const TIMEOUT_MS = 60_000;
const STAMP: Stamp = { digest: 'd'.repeat(64), nonce: 'n1', count: 12 };

const STARTED_AT = '2026-01-02T03:04:05.006Z';
/** All numbers differ, so that a mixed-up column is noticed. */
const COUNTS: RunCounts = {
  input: 11,
  qdrant: 12,
  neon: 13,
  pointsWritten: 14,
  pointsDeleted: 15,
  rowsWritten: 16,
  rowsDeleted: 17,
};
const END: RunEnd = {
  finishedAt: '2026-01-02T03:05:00.700Z',
  outcome: 'done',
  error: null,
  counts: COUNTS,
  tokensPaid: 18,
  tokensSaved: 19,
  embeddedAt: '2025-12-31T23:59:59.999Z',
};
const WORK: RunWork = {
  stages: [
    {
      stage: 'embed',
      startedAt: '2026-01-02T03:04:06.001Z',
      durationMs: 1_500,
      outcome: 'done',
      embedded: 11,
      written: null,
      deleted: null,
      calls: { openai: { requests: 3, retries: 2, breakerOpened: 1 } },
    },
  ],
  calls: { openai: { requests: 3, retries: 2, breakerOpened: 1 }, neon: { requests: 9, retries: 0, breakerOpened: 0 } },
  dollars: 0.000_012,
};
const FAILED: RunEnd = { ...END, outcome: 'failed', error: 'service-unavailable' };

const startOf = (runId: string, fields: Partial<RunStart> = {}): RunStart => ({
  runId,
  kind: 'load',
  digest: `digest-${runId}`,
  model: 'model-of-a-run',
  qdrantTarget: 'host.invalid/points',
  neonTarget: 'host.invalid/db/rows',
  startedAt: STARTED_AT,
  ...fields,
});

/** Minutes after the first start of a test. */
const startedAfter = (minutes: number): { readonly startedAt: string } => ({
  startedAt: new Date(Date.parse(STARTED_AT) + minutes * 60_000).toISOString(),
});

/**
 * What every `Ledger` must do.
 *
 * Registers vitest tests. Every test uses corpora of its own, so that nothing has to be cleared between them.
 *
 * @param start gives the ledger, once for the whole suite; its `close` is called at the end
 */
export function ledgerSuite(name: string, start: () => Promise<LedgersUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let under: LedgersUnderTest;
    let ledger: Ledger;
    let corpus: string;
    const take = (runId: string, atLeast = 1) => ledger.takeFence(corpus, { ...startOf(runId), atLeast });
    const enter = (runId: string, fields: Partial<RunStart> = {}, of = corpus) =>
      ledger.takeFence(of, { ...startOf(runId, fields), atLeast: 1 });
    const runs = (limit = 1_000) => ledger.runs({ corpus, limit });

    beforeAll(async () => {
      under = await start();
      ledger = await under.open();
    }, TIMEOUT_MS);

    afterAll(async () => {
      await ledger.close();
      await under.close();
    }, TIMEOUT_MS);

    beforeEach(() => {
      corpus = `corpus-${randomUUID()}`;
    });

    describe('fences', () => {
      it('a corpus has no fence holder before its first run', async () => {
        expect(await ledger.fenceHolder(corpus)).toBeUndefined();
      });

      it('fences count up, and belong to the latest run', async () => {
        expect(await take('one')).toBe(1);
        expect(await ledger.fenceHolder(corpus)).toEqual({ fence: 1, runId: 'one', digest: 'digest-one' });
        expect(await take('two')).toBe(2);
        expect(await ledger.fenceHolder(corpus)).toEqual({ fence: 2, runId: 'two', digest: 'digest-two' });
      });

      it('a fence is at least the number that is asked for, and always higher than the last', async () => {
        expect(await take('one', 7)).toBe(7);
        expect(await take('two', 3)).toBe(8);
        expect(await take('three', 100)).toBe(100);
        expect(await take('four', 100)).toBe(101);
      });

      it('a run that already holds the corpus gets a new fence', async () => {
        expect([await take('one'), await take('one')]).toEqual([1, 2]);
      });

      it('fences of one corpus do not affect another', async () => {
        await take('one', 5);
        expect(await ledger.fenceHolder(`${corpus}-other`)).toBeUndefined();
      });

      it('runs that take a fence at the same time, from two processes, all get different ones', async () => {
        const other = await under.open();
        const runIds = Array.from({ length: 20 }, (_, index) => `run-${index}`);
        const fences = await Promise.all(
          runIds.map((runId, index) =>
            (index % 2 === 0 ? ledger : other).takeFence(corpus, { ...startOf(runId), atLeast: 1 }),
          ),
        );
        expect(fences.toSorted((a, b) => a - b)).toEqual(runIds.map((_, index) => index + 1));
        expect(await other.fenceHolder(corpus)).toMatchObject({ fence: 20, runId: runIds[fences.indexOf(20)] });
        const entered: readonly RunRecord[] = runIds.map((runId, index) => ({
          ...startOf(runId),
          corpus,
          fence: fences[index] as number,
        }));
        expect(await runs()).toStrictEqual(entered.toSorted((a, b) => b.fence - a.fence));
        await other.close();
      });
    });

    describe('stamps', () => {
      it('a store has no stamp before one is written', async () => {
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
      });

      it('a stamp that is written under the current fence is read back as it was', async () => {
        const fence = await take('one');
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence })).toBe(true);
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(STAMP);
        const next: Stamp = { digest: 'e', nonce: 'n2', count: 0 };
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: next, fence })).toBe(true);
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(next);
      });

      it('a stamp belongs to one corpus and one store', async () => {
        const fence = await take('one');
        await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence });
        await ledger.writeStamp(corpus, 'neon', { stamp: { ...STAMP, nonce: 'n2' }, fence });
        expect(await ledger.stamp(corpus, 'neon')).toMatchObject({ nonce: 'n2' });
        await ledger.removeStamp(corpus, 'neon');
        expect(await ledger.stamp(corpus, 'neon')).toBeUndefined();
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(STAMP);
        expect(await ledger.stamp(`${corpus}-other`, 'qdrant')).toBeUndefined();
      });

      it('an overtaken run writes no stamp, and leaves the one that is there', async () => {
        const fence = await take('one');
        await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence });
        const winner = await take('two');
        const late = { ...STAMP, nonce: 'late' };
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: late, fence })).toBe(false);
        expect(await ledger.writeStamp(corpus, 'neon', { stamp: late, fence })).toBe(false);
        expect(await ledger.writeStamp(corpus, 'neon', { stamp: late, fence: winner + 1 })).toBe(false);
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(STAMP);
        expect(await ledger.stamp(corpus, 'neon')).toBeUndefined();
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: { ...STAMP, nonce: 'new' }, fence: winner })).toBe(
          true,
        );
      });

      it('no stamp is written for a corpus that no run has taken', async () => {
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence: 1 })).toBe(false);
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
      });

      it('a stamp is withdrawn under any fence, also twice, and the fence stays', async () => {
        const fence = await take('one');
        await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence });
        await take('two');
        await ledger.removeStamp(corpus, 'qdrant');
        await ledger.removeStamp(corpus, 'qdrant');
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
        expect(await ledger.fenceHolder(corpus)).toMatchObject({ fence: 2 });
      });
    });

    describe('runs', () => {
      it('the run table is empty before the first run', async () => {
        expect(await runs()).toEqual([]);
      });

      it('a run is entered when it takes its fence, and has no end until one is entered', async () => {
        await enter('one');
        const start = startOf('two', { kind: 'repair', model: 'another', qdrantTarget: 'q', neonTarget: 'n' });
        expect(await ledger.takeFence(corpus, { ...start, atLeast: 7 })).toBe(7);
        expect(await runs()).toStrictEqual([
          { ...start, corpus, fence: 7 },
          { ...startOf('one'), corpus, fence: 1 },
        ]);
      });

      it('a run is read back with its whole end', async () => {
        const fence = await enter('one');
        await ledger.endRun(corpus, fence, FAILED);
        expect(await runs()).toStrictEqual([{ ...startOf('one'), corpus, fence, end: FAILED }]);
      });

      it('what the stages of a run did is read back, and is absent where it was not given', async () => {
        for (const work of [WORK, undefined, { ...WORK, stages: [], dollars: null }]) {
          await ledger.endRun(corpus, await enter('one'), work === undefined ? END : { ...END, work });
        }
        const ends = (await runs()).map(({ end }) => end);
        expect(ends).toStrictEqual([
          { ...END, work: { ...WORK, stages: [], dollars: null } },
          END,
          { ...END, work: WORK },
        ]);
      });

      it('what a run did with texts that are too long is read back, and is absent where it was not given', async () => {
        for (const overlong of ['reject', undefined, 'windows'] as const) {
          await ledger.takeFence(corpus, { ...startOf('one'), ...(overlong && { overlong }), atLeast: 1 });
        }
        expect((await runs()).map((run) => run.overlong)).toStrictEqual(['windows', undefined, 'reject']);
        expect((await runs()).map((run) => 'overlong' in run)).toEqual([true, false, true]);
      });

      it('the input and the source of the ids are read back, and are absent where they were not given', async () => {
        const given = { input: 'docs/資料 "a".jsonl', shape: '{"id":"metadata.id"}' };
        for (const fields of [{ input: given.input }, {}, { shape: given.shape }, given]) {
          await ledger.takeFence(corpus, { ...startOf('one'), ...fields, atLeast: 1 });
        }
        const found = (await runs()).map((run) => [run.input, run.shape, 'input' in run, 'shape' in run]);
        expect(found).toStrictEqual([
          [given.input, given.shape, true, true],
          [undefined, given.shape, false, true],
          [undefined, undefined, false, false],
          [given.input, undefined, true, false],
        ]);
      });

      it('null and 0 are read back as different values', async () => {
        const start = startOf('one', { kind: 'drop', model: null, qdrantTarget: null, neonTarget: null });
        const ends: readonly RunEnd[] = [null, 0].map((number) => ({
          finishedAt: STARTED_AT,
          outcome: 'overtaken',
          error: null,
          counts: {
            input: number,
            qdrant: number,
            neon: number,
            pointsWritten: number,
            pointsDeleted: number,
            rowsWritten: number,
            rowsDeleted: number,
          },
          tokensPaid: number,
          tokensSaved: number,
          embeddedAt: null,
        }));
        for (const end of ends) {
          await ledger.endRun(corpus, await ledger.takeFence(corpus, { ...start, atLeast: 1 }), end);
        }
        expect((await runs()).map(({ end }) => end)).toStrictEqual(ends.toReversed());
        expect((await runs())[0]).toMatchObject(start);
      });

      it('numbers up to 2^53 - 1 are read back as they were', async () => {
        const most = Number.MAX_SAFE_INTEGER;
        const end: RunEnd = {
          ...END,
          counts: Object.fromEntries(Object.keys(COUNTS).map((name_, index) => [name_, most - index])) as never,
          tokensPaid: most,
          tokensSaved: most - 100,
        };
        const fence = await take('one', most);
        expect(fence).toBe(most);
        await ledger.endRun(corpus, fence, end);
        expect(await runs()).toStrictEqual([{ ...startOf('one'), corpus, fence, end }]);
        expect(await ledger.fenceHolder(corpus)).toMatchObject({ fence });
      });

      it('times are kept to the millisecond', async () => {
        const times = [
          '0001-01-01T00:00:00.000Z',
          '1969-12-31T23:59:59.999Z',
          '1970-01-01T00:00:00.000Z',
          '2024-02-29T12:30:00.010Z',
          '2026-03-29T01:30:00.100Z',
          '9999-12-31T23:59:59.999Z',
        ];
        for (const time of times) {
          const fence = await enter(time, { startedAt: time });
          await ledger.endRun(corpus, fence, { ...END, finishedAt: time, embeddedAt: time });
        }
        const found = await runs();
        expect(found.map((run) => [run.runId, run.startedAt, run.end?.finishedAt, run.end?.embeddedAt])).toEqual(
          times.toReversed().map((time) => [time, time, time, time]),
        );
      });

      it('a run ends once: a second end changes nothing', async () => {
        const fence = await enter('one');
        await ledger.endRun(corpus, fence, FAILED);
        await ledger.endRun(corpus, fence, END);
        expect(await runs()).toMatchObject([{ end: FAILED }]);
      });

      it('an overtaken run ends without ending the run that took over', async () => {
        const first = await enter('one');
        const second = await enter('two');
        const overtaken: RunEnd = { ...END, outcome: 'overtaken', error: 'overtaken' };
        await ledger.endRun(corpus, first, overtaken);
        expect(await runs()).toStrictEqual([
          { ...startOf('two'), corpus, fence: second },
          { ...startOf('one'), corpus, fence: first, end: overtaken },
        ]);
      });

      it('the end of a run that is not there is ignored', async () => {
        const fence = await enter('one');
        await ledger.endRun(corpus, fence + 1, END);
        await ledger.endRun(`${corpus}-other`, fence, END);
        expect(await runs()).toStrictEqual([{ ...startOf('one'), corpus, fence }]);
        expect(await ledger.runs({ corpus: `${corpus}-other`, limit: 9 })).toEqual([]);
      });

      it('runs come in the order of their start, latest first, and by fence if they started at the same time', async () => {
        await enter('started last', startedAfter(9));
        await enter('started first', startedAfter(1));
        await enter('started second', startedAfter(5));
        await enter('started as the second', startedAfter(5));
        const inOrder = ['started last', 'started as the second', 'started second', 'started first'];
        expect((await runs()).map(({ runId }) => runId)).toEqual(inOrder);
        for (const limit of [0, 1, 3, 4, 5]) {
          expect((await runs(limit)).map(({ runId }) => runId)).toEqual(inOrder.slice(0, limit));
        }
      });

      it('runs are listed for one corpus or for all', async () => {
        const other = `${corpus}-other`;
        await enter('a', startedAfter(1));
        await enter('b', startedAfter(2), other);
        await enter('c', startedAfter(3));
        expect((await runs()).map(({ runId }) => runId)).toEqual(['c', 'a']);
        expect(await ledger.runs({ corpus: other, limit: 9 })).toStrictEqual([
          { ...startOf('b', startedAfter(2)), corpus: other, fence: 1 },
        ]);
        const all = await ledger.runs({ limit: 10_000 });
        expect(all.filter((run) => run.corpus.startsWith(corpus)).map(({ runId }) => runId)).toEqual(['c', 'b', 'a']);
        expect(await ledger.runs({ limit: 2 })).toEqual(all.slice(0, 2));
      });
    });

    evaluationSuite(() => ledger);

    describe('a ledger without tables', () => {
      it('a ledger without tables reads as an empty one, and works when they are created', async () => {
        const empty = await under.openEmpty();
        for (const ensured of [false, true]) {
          if (ensured) await empty.ensure();
          expect(await empty.fenceHolder(corpus)).toBeUndefined();
          expect(await empty.stamp(corpus, 'qdrant')).toBeUndefined();
          expect(await empty.runs({ corpus, limit: 9 })).toEqual([]);
          expect(await empty.runs({ limit: 9 })).toEqual([]);
          expect(await empty.evaluations({ corpus, limit: 9 })).toEqual([]);
          expect(await empty.questionScores(randomUUID())).toBeUndefined();
        }
        expect(await empty.takeFence(corpus, { ...startOf('one'), atLeast: 1 })).toBe(1);
        expect(await empty.runs({ limit: 9 })).toStrictEqual([{ ...startOf('one'), corpus, fence: 1 }]);
        await empty.close();
      });

      it('ensure may be called by several at once, and again', async () => {
        const empty = await under.openEmpty();
        await Promise.all([empty.ensure(), empty.ensure(), empty.ensure()]);
        await empty.takeFence(corpus, { ...startOf('one'), atLeast: 1 });
        await empty.ensure();
        expect(await empty.runs({ limit: 9 })).toHaveLength(1);
        await empty.close();
      });
    });

    it('fences and stamps of a version before the run table stay valid, and that version can still take a fence', async () => {
      const { ledger: old, takeAsBefore } = await under.openOld();
      expect(await takeAsBefore(corpus, 'first')).toBe(1);
      expect(await old.writeStamp(corpus, 'neon', { stamp: STAMP, fence: 1 })).toBe(true);
      expect(await old.runs({ limit: 9 })).toEqual([]);

      await Promise.all([old.ensure(), old.ensure()]);
      expect(await old.fenceHolder(corpus)).toEqual({ fence: 1, runId: 'first', digest: 'd' });
      expect(await old.stamp(corpus, 'neon')).toEqual(STAMP);
      await old.endRun(corpus, 1, END);
      expect(await old.runs({ limit: 9 })).toEqual([]);
      expect(await old.evaluations({ limit: 9 })).toEqual([]);
      const evaluation = exampleEvaluation({ corpus });
      await old.addEvaluation(evaluation, EXAMPLE_SCORES);
      expect(await old.evaluations({ limit: 9 })).toStrictEqual([evaluation]);

      expect(await old.takeFence(corpus, { ...startOf('second'), atLeast: 1 })).toBe(2);
      expect(await takeAsBefore(corpus, 'third')).toBe(3);
      expect(await old.fenceHolder(corpus)).toEqual({ fence: 3, runId: 'third', digest: 'd' });
      expect(await old.takeFence(corpus, { ...startOf('fourth'), atLeast: 1 })).toBe(4);
      expect((await old.runs({ limit: 9 })).map(({ fence, runId }) => [fence, runId])).toEqual([
        [4, 'fourth'],
        [2, 'second'],
      ]);
      await old.close();
    });

    it('fences, stamps and runs are there when the ledger is opened again', async () => {
      const writer = await under.open();
      const fence = await writer.takeFence(corpus, { ...startOf('one'), atLeast: 1 });
      await writer.writeStamp(corpus, 'neon', { stamp: STAMP, fence });
      await writer.endRun(corpus, fence, END);
      await writer.close();
      const reader = await under.open();
      expect(await reader.fenceHolder(corpus)).toEqual({ fence: 1, runId: 'one', digest: 'digest-one' });
      expect(await reader.stamp(corpus, 'neon')).toEqual(STAMP);
      expect(await reader.runs({ corpus, limit: 9 })).toStrictEqual([{ ...startOf('one'), corpus, fence, end: END }]);
      await reader.close();
    });

    it('awkward texts are read back as they were', async () => {
      for (const text of AWKWARD_TEXTS.filter(({ length }) => length < 1_000)) {
        const name_ = `${corpus}${text}`;
        const start = startOf(text, { digest: text, model: text, qdrantTarget: text, neonTarget: text });
        const fence = await ledger.takeFence(name_, { ...start, atLeast: 1 });
        const stamp: Stamp = { digest: text, nonce: text, count: 2 ** 31 - 1 };
        expect(await ledger.writeStamp(name_, 'neon', { stamp, fence })).toBe(true);
        expect(await ledger.fenceHolder(name_)).toEqual({ fence: 1, runId: text, digest: text });
        expect(await ledger.stamp(name_, 'neon')).toEqual(stamp);
        expect(await ledger.runs({ corpus: name_, limit: 9 })).toStrictEqual([{ ...start, corpus: name_, fence }]);
      }
    });
  });
}
