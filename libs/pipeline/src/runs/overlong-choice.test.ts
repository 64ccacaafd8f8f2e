import { describe, expect, it } from 'vitest';
import type { OverlongMode, RunKind, RunOutcome, RunRecord, RunStart } from '@lockstep/model';
import { createMemoryLedger } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { overlongChoice } from './overlong-choice.ts';

const LONG = Array.from({ length: 600 }, (_, at) => `word${at}`).join(' ');
const RECORDS = [
  { id: 'long', text: LONG },
  { id: 'short', text: 'short' },
];

/** A ledger with these runs of one corpus, first started first. */
async function ledgerWith(
  ...runs: readonly { kind?: RunKind; overlong?: OverlongMode; outcome?: RunOutcome }[]
): Promise<ReturnType<typeof createMemoryLedger>> {
  const ledger = createMemoryLedger();
  for (const { kind = 'load', overlong, outcome } of runs) {
    const start: RunStart = {
      ...{ runId: 'r', kind, digest: 'd', model: 'm', qdrantTarget: 'q', neonTarget: 'n' },
      ...(overlong && { overlong }),
      startedAt: new Date(0).toISOString(),
    };
    const fence = await ledger.takeFence('books', { ...start, atLeast: 1 });
    if (outcome !== undefined)
      await ledger.endRun('books', fence, { outcome, counts: {} } as RunRecord['end'] & object);
  }
  return ledger;
}

const EARLIER = {};

describe('a corpus that states nothing', () => {
  it.each([
    ['was never loaded, embeds long texts in windows', [], 'windows', 'new'],
    ['an earlier version loaded, rejects them as that did', [EARLIER], 'reject', 'loaded'],
    [
      'was loaded so, does as its latest run that says it',
      [{ overlong: 'truncate' }, { overlong: 'windows' }],
      'windows',
      'loaded',
    ],
    [
      'an earlier version loaded meanwhile, does as its latest run that says it',
      [{ overlong: 'windows' }, EARLIER],
      'windows',
      'loaded',
    ],
    ['was dropped, is new', [EARLIER, { kind: 'drop', outcome: 'done' }], 'windows', 'new'],
    [
      'was dropped and loaded again by an earlier version, rejects them',
      [{ kind: 'drop', outcome: 'done' }, EARLIER],
      'reject',
      'loaded',
    ],
    ['whose drop was cut short, is as it was', [EARLIER, { kind: 'drop', outcome: 'failed' }], 'reject', 'loaded'],
  ] as const)('and %s', async (_what, runs, mode, because) => {
    expect(await overlongChoice('books', await ledgerWith(...runs), {})).toEqual({ mode, because });
    expect(await overlongChoice('others', await ledgerWith(...runs), {})).toEqual({ mode: 'windows', because: 'new' });
  });

  it('and has a fence from before the run table, rejects them', async () => {
    const ledger = await ledgerWith(EARLIER);
    const before = { ...ledger, runs: async () => [] };
    expect(await overlongChoice('books', before, {})).toEqual({ mode: 'reject', because: 'loaded' });
  });

  it('and has no ledger, rejects them, since it may have been loaded', async () => {
    expect(await overlongChoice('books', undefined, {})).toEqual({ mode: 'reject', because: 'unknown' });
  });
});

describe('a loaded corpus', () => {
  it('goes on as it was loaded, on a machine with an empty disk too, until something is stated', async () => {
    const { vectors, rows, ledger, load } = createCorpusRig({ overlong: 'reject' });
    expect((await load(RECORDS)).validated).toMatchObject({ accepted: 1, rejected: 1 });
    const rig = createCorpusRig({ vectors, rows, ledger });
    expect(await rig.validate(RECORDS)).toMatchObject({
      rejected: 1,
      overlong: { mode: 'reject', because: 'loaded', inputTokensMax: 256, records: 1, windows: 3 },
    });
    const stated = createCorpusRig({ vectors, rows, ledger, overlong: 'windows' });
    expect((await stated.load(RECORDS)).validated).toMatchObject({ accepted: 2, overlong: { because: 'stated' } });
    expect(await rig.validate(RECORDS)).toMatchObject({
      accepted: 2,
      overlong: { mode: 'windows', because: 'loaded' },
    });
  });

  it('of an earlier version keeps rejecting, whatever is loaded meanwhile', async () => {
    const rig = createCorpusRig({ ledger: await ledgerWith(EARLIER) });
    await rig.load(RECORDS.slice(1));
    expect((await rig.ledger.runs({ limit: 1 }))[0]).toMatchObject({ overlong: 'reject' });
    expect((await rig.load(RECORDS)).validated).toMatchObject({ rejected: 1, overlong: { because: 'loaded' } });
  });

  it('that had no long text at first embeds the first that comes in windows', async () => {
    const rig = createCorpusRig();
    await rig.load(RECORDS.slice(1));
    expect(await rig.validate(RECORDS)).toMatchObject({
      accepted: 2,
      overlong: { mode: 'windows', because: 'loaded' },
    });
  });

  it('is new again after a drop', async () => {
    const rig = createCorpusRig({ overlong: 'reject' });
    await rig.load(RECORDS);
    await rig.drop();
    expect(await createCorpusRig({ ledger: rig.ledger }).validate(RECORDS)).toMatchObject({
      overlong: { because: 'new' },
    });
  });

  it('is asked about once, and not at all without a long text or where something is stated', async () => {
    const rig = createCorpusRig();
    await rig.validate(RECORDS.slice(1));
    expect(rig.ledger.cost.calls).toBe(0);
    await createCorpusRig({ ledger: rig.ledger, overlong: 'reject' }).validate(RECORDS);
    expect(rig.ledger.cost.calls).toBe(0);
    await rig.validate([...RECORDS, { id: 'again', text: `${LONG} again` }]);
    // The runs, and who holds the corpus.
    expect(rig.ledger.cost.calls).toBe(2);
  });

  it('whose ledger cannot be reached is not validated where it has a long text', async () => {
    const ledger = createMemoryLedger();
    ledger.runs = async () => Promise.reject(new Error('unreachable'));
    await expect(createCorpusRig({ ledger }).validate(RECORDS)).rejects.toThrow('unreachable');
    expect(await createCorpusRig({ ledger }).validate(RECORDS.slice(1))).toMatchObject({ overlong: null });
  });
});
