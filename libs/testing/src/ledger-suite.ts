import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger, Stamp } from '@lockstep/model';
import { AWKWARD_TEXTS } from './awkward-json.ts';

/** A ledger that the suite may use; it touches corpora with names of its own only. */
export interface LedgersUnderTest {
  /** Opens the ledger, each time apart from the others, as another process would. */
  open(): Promise<Ledger>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const STAMP: Stamp = { digest: 'd'.repeat(64), nonce: 'n1', count: 12 };

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
    const take = (runId: string, atLeast = 1) =>
      ledger.takeFence(corpus, { runId, digest: `digest-${runId}`, atLeast });

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
      it('have no holder before the first run', async () => {
        expect(await ledger.fenceHolder(corpus)).toBeUndefined();
      });

      it('count up, and belong to the latest run', async () => {
        expect(await take('one')).toBe(1);
        expect(await ledger.fenceHolder(corpus)).toEqual({ fence: 1, runId: 'one', digest: 'digest-one' });
        expect(await take('two')).toBe(2);
        expect(await ledger.fenceHolder(corpus)).toEqual({ fence: 2, runId: 'two', digest: 'digest-two' });
      });

      it('start and go on at the number that is asked for at least, and never go back', async () => {
        expect(await take('one', 7)).toBe(7);
        expect(await take('two', 3)).toBe(8);
        expect(await take('three', 100)).toBe(100);
        expect(await take('four', 100)).toBe(101);
      });

      it('are taken anew by a run that holds the corpus already', async () => {
        expect([await take('one'), await take('one')]).toEqual([1, 2]);
      });

      it('belong to one corpus each', async () => {
        await take('one', 5);
        expect(await ledger.fenceHolder(`${corpus}-other`)).toBeUndefined();
      });

      it('are given out once each to runs that ask at once, from two sides', async () => {
        const other = await under.open();
        const runs = Array.from({ length: 20 }, (_, index) => `run-${index}`);
        const fences = await Promise.all(
          runs.map((runId, index) =>
            (index % 2 === 0 ? ledger : other).takeFence(corpus, { runId, digest: 'd', atLeast: 1 }),
          ),
        );
        expect(fences.toSorted((a, b) => a - b)).toEqual(runs.map((_, index) => index + 1));
        expect(await other.fenceHolder(corpus)).toMatchObject({ fence: 20, runId: runs[fences.indexOf(20)] });
        await other.close();
      });
    });

    describe('stamps', () => {
      it('are not there before they are written', async () => {
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
      });

      it('are written under the own fence and read back as they were', async () => {
        const fence = await take('one');
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence })).toBe(true);
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(STAMP);
        const next: Stamp = { digest: 'e', nonce: 'n2', count: 0 };
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: next, fence })).toBe(true);
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(next);
      });

      it('belong to one corpus and one store each', async () => {
        const fence = await take('one');
        await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence });
        await ledger.writeStamp(corpus, 'neon', { stamp: { ...STAMP, nonce: 'n2' }, fence });
        expect(await ledger.stamp(corpus, 'neon')).toMatchObject({ nonce: 'n2' });
        await ledger.removeStamp(corpus, 'neon');
        expect(await ledger.stamp(corpus, 'neon')).toBeUndefined();
        expect(await ledger.stamp(corpus, 'qdrant')).toEqual(STAMP);
        expect(await ledger.stamp(`${corpus}-other`, 'qdrant')).toBeUndefined();
      });

      it('are not written by a run that was overtaken, and what stands there stays', async () => {
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

      it('are not written where no run has taken the corpus', async () => {
        expect(await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence: 1 })).toBe(false);
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
      });

      it('are withdrawn whatever the fence, also twice, and leave the fence', async () => {
        const fence = await take('one');
        await ledger.writeStamp(corpus, 'qdrant', { stamp: STAMP, fence });
        await take('two');
        await ledger.removeStamp(corpus, 'qdrant');
        await ledger.removeStamp(corpus, 'qdrant');
        expect(await ledger.stamp(corpus, 'qdrant')).toBeUndefined();
        expect(await ledger.fenceHolder(corpus)).toMatchObject({ fence: 2 });
      });
    });

    it('keeps fences and stamps for whoever opens it next', async () => {
      const writer = await under.open();
      const fence = await writer.takeFence(corpus, { runId: 'one', digest: 'd', atLeast: 1 });
      await writer.writeStamp(corpus, 'neon', { stamp: STAMP, fence });
      await writer.close();
      const reader = await under.open();
      expect(await reader.fenceHolder(corpus)).toEqual({ fence: 1, runId: 'one', digest: 'd' });
      expect(await reader.stamp(corpus, 'neon')).toEqual(STAMP);
      await reader.close();
    });

    it('keeps awkward texts as they are', async () => {
      for (const text of AWKWARD_TEXTS.filter(({ length }) => length < 1_000)) {
        const name_ = `${corpus}${text}`;
        const fence = await ledger.takeFence(name_, { runId: text, digest: text, atLeast: 1 });
        const stamp: Stamp = { digest: text, nonce: text, count: 2 ** 31 - 1 };
        expect(await ledger.writeStamp(name_, 'neon', { stamp, fence })).toBe(true);
        expect(await ledger.fenceHolder(name_)).toEqual({ fence: 1, runId: text, digest: text });
        expect(await ledger.stamp(name_, 'neon')).toEqual(stamp);
      }
    });
  });
}
