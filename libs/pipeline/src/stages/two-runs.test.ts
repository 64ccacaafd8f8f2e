import { describe, expect, it } from 'vitest';
import { isIndexingError, type JsonObject } from '@lockstep/model';
import { announceCalls } from '@lockstep/testing-ports';
import { createCorpusRig, inBothStores, storedTexts, type CorpusRig } from '@lockstep/testing-runs';

/*
 * Two runs of one corpus, on two machines with the same stores. The other run takes over at a call of the first one:
 * at every call that there is, one after the other.
 */

const BEFORE: readonly JsonObject[] = ['c0', 'c1', 'c2', 'c3', 'c4'].map((id) => ({ id, text: `old ${id}` }));

/** Texts, additions, deletions and metadata that differ from `BEFORE`, each for one run alone and for both. */
const FIRST: readonly JsonObject[] = [
  { id: 'c0', text: 'first c0' },
  { id: 'c1', text: 'old c1', tag: 'first' },
  { id: 'c2', text: 'old c2' },
  { id: 'both', text: 'first both' },
  { id: 'first', text: 'first alone' },
];
const SECOND: readonly JsonObject[] = [
  { id: 'c0', text: 'second c0' },
  { id: 'c1', text: 'old c1', tag: 'second' },
  { id: 'c3', text: 'old c3' },
  { id: 'both', text: 'second both' },
  { id: 'second', text: 'second alone' },
];

/** How a run ended, in the words of the run table. */
type Ending = 'done' | 'differ' | 'overtaken';

async function endingOf(run: Promise<{ readonly ok: boolean }>): Promise<Ending> {
  try {
    return (await run).ok ? 'done' : 'differ';
  } catch (error) {
    if (isIndexingError(error) && error.code === 'overtaken') return 'overtaken';
    throw error;
  }
}

const textsOf = (records: readonly JsonObject[]) =>
  inBothStores(Object.fromEntries(records.map(({ id, text }) => [String(id), String(text)])));

/** A run of `records` that takes over: all of it at once, or its fence now and its loads when the other run has ended. */
interface Takeover {
  now(): Promise<unknown>;
  later(): Promise<{ readonly ok: boolean }>;
}

const TAKEOVERS = {
  'runs as a whole': (rig: CorpusRig, records: readonly JsonObject[]): Takeover => {
    let verified: Promise<{ readonly ok: boolean }> | undefined;
    return {
      now: () => (verified = rig.load(records).then(() => rig.verify())),
      later: () => verified ?? Promise.reject(new Error('it did not run')),
    };
  },
  'takes the fence, and loads after the other has ended': (rig: CorpusRig, records: readonly JsonObject[]) => ({
    async now() {
      await rig.validate(records);
      await rig.embed();
      await rig.provision();
    },
    async later() {
      await rig.loadQdrant();
      await rig.loadNeon();
      return rig.verify();
    },
  }),
};

/** Called with the number of a call from 1, before it goes through. */
type OnCall = (number: number) => unknown;

/** A run over the stores of another, with the calls that it makes. */
function watchedRun({ vectors, rows, ledger }: CorpusRig, onCall: OnCall = () => undefined) {
  const calls: string[] = [];
  const announced = (call: string): unknown => onCall(calls.push(call));
  const rig = createCorpusRig({
    vectors: announceCalls(vectors, 'qdrant', announced),
    rows: announceCalls(rows, 'neon', announced),
    ledger: announceCalls(ledger, 'ledger', announced),
  });
  return { rig, calls };
}

/** Stores that an earlier run has loaded. */
async function loadedBefore(): Promise<CorpusRig> {
  const rig = createCorpusRig();
  await rig.load(BEFORE);
  return rig;
}

/** The calls of a run that nobody disturbs. */
async function callsOf(records: readonly JsonObject[]): Promise<readonly string[]> {
  const { rig, calls } = watchedRun(await loadedBefore());
  expect(await endingOf(loadAndVerify(rig, records))).toBe('done');
  // Every kind of write to each store takes part, or these tests show nothing.
  expect(new Set(calls.filter((call) => /upsert|Payloads|delete/.test(call))).size).toBe(5);
  return calls;
}

const loadAndVerify = async (rig: CorpusRig, records: readonly JsonObject[]) => {
  await rig.load(records);
  return rig.verify();
};

const isQdrantWrite = (call: string | undefined) => /^qdrant (upsert|overwritePayloads|delete)$/.test(call ?? '');

/** The winner's verify passes; or it finds differences once, and its next load puts them right. */
async function expectWinner(rig: CorpusRig, records: readonly JsonObject[], straggler: boolean, at: string) {
  const verified = await rig.verify('vectors');
  if (!straggler) expect(verified, at).toMatchObject({ ok: true, differences: [] });
  if (!verified.ok) {
    expect(verified.sides, at).toMatchObject({ cache: 0, neon: 0 });
    await rig.load(records);
    expect(await rig.verify('vectors'), at).toMatchObject({ ok: true, differences: [] });
  }
  expect(storedTexts(rig), at).toEqual(textsOf(records));
  return verified.ok;
}

describe.each([
  ['equal', FIRST],
  ['different', SECOND],
] as const)('two runs with %s inputs', (inputs, other) => {
  it.each(Object.entries(TAKEOVERS))(
    'the later run wins in both stores when it %s, at any call of the earlier run',
    async (_, takeover) => {
      const calls = await callsOf(FIRST);
      const fence = calls.indexOf('ledger takeFence');
      const loaded = calls.lastIndexOf('ledger writeStamp');
      const repaired: string[] = [];

      for (const [index, call] of calls.entries()) {
        const at = `at call ${index + 1}, ${call}`;
        let over: Takeover | undefined;
        const second = await loadedBefore();
        const { rig: first } = watchedRun(second, (number) => {
          if (number !== index + 1) return undefined;
          over = takeover(second, other);
          return over.now();
        });
        const ending = await endingOf(loadAndVerify(first, FIRST));
        if (over === undefined) throw new Error(`nobody took over ${at}`);
        if (index <= fence) {
          // The first run took its fence after the other: it is the later one.
          expect(ending, at).toBe('done');
          expect(await endingOf(over.later()), at).toMatch(/done|overtaken/);
          await expectWinner(first, FIRST, false, at);
          continue;
        }
        // After both stores were stamped the run has done its work, and verify reports what is there now.
        if (index <= loaded) expect(ending, at).toBe('overtaken');
        else expect(ending, at).toMatch(inputs === 'equal' ? /done/ : /done|differ/);
        expect(await endingOf(over.later()), at).toBe('done');
        if (!(await expectWinner(second, other, isQdrantWrite(call), at))) repaired.push(call);
      }
      // Only requests that were on their way to Qdrant come too late, and only if the other run did not load after them.
      const late = ['qdrant overwritePayloads', 'qdrant upsert', 'qdrant delete'];
      const comesLate = inputs === 'different' && takeover === TAKEOVERS['runs as a whole'];
      expect(new Set(repaired)).toEqual(new Set(comesLate ? late : []));
    },
  );
});

it.each(['qdrant upsert', 'qdrant overwritePayloads', 'qdrant delete'])(
  'a %s of the overtaken run may land at any moment of the later run, which overwrites it or finds it and puts it right by its next load',
  async (request) => {
    const sent = (await callsOf(FIRST)).indexOf(request) + 1;
    const seen = new Set<boolean>();
    for (let landed = 1, over = false; !over; landed += 1) {
      const at = `at call ${landed} to Qdrant after the winner took its fence`;
      const stores = await loadedBefore();
      const underway = Promise.withResolvers<void>();
      const land = Promise.withResolvers<void>();
      const { rig: first } = watchedRun(stores, (number) => {
        if (number !== sent) return undefined;
        underway.resolve();
        return land.promise;
      });
      // Between two calls to Qdrant it makes no difference to the winner when the request lands.
      const toQdrant = (calls: readonly string[]) =>
        calls.slice(calls.indexOf('ledger takeFence')).filter((call) => call.startsWith('qdrant ')).length;
      const { rig: second, calls } = watchedRun(stores, () => {
        if (!calls.includes('ledger takeFence') || toQdrant(calls) !== landed) return undefined;
        land.resolve();
        return ending;
      });
      const ending = endingOf(loadAndVerify(first, FIRST));
      await underway.promise;
      const { ok } = await loadAndVerify(second, SECOND);
      over = toQdrant(calls) < landed;
      land.resolve();
      expect(await ending, at).toBe('overtaken');
      seen.add(ok);
      await expectWinner(second, SECOND, true, at);
    }
    expect(seen).toEqual(new Set([true, false]));
  },
);

it('with deletes: none, a point that lands late has no row, is reported by every verify, and is deleted by a repair', async () => {
  const second = createCorpusRig({ deletes: 'none' });
  const { vectors, rows, ledger } = second;
  await second.load(BEFORE);
  const late = announceCalls(vectors, 'qdrant', async (call) => {
    if (call === 'qdrant upsert') await second.load(BEFORE);
  });
  const first = createCorpusRig({ deletes: 'none', vectors: late, rows, ledger });
  expect(await endingOf(loadAndVerify(first, [{ id: 'late', text: 'late' }]))).toBe('overtaken');
  for (let run = 0; run < 2; run += 1) {
    expect(await loadAndVerify(second, BEFORE)).toMatchObject({
      ok: false,
      sides: { qdrant: 0, neon: 1 },
      differences: [{ store: 'neon', kind: 'missing', chunk_id: 'late' }],
    });
  }
  expect(await second.repair(BEFORE)).toMatchObject({ ok: true });
  expect(storedTexts(second)).toEqual(textsOf(BEFORE));
});
