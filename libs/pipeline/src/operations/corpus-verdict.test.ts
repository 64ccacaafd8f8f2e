import { describe, expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig, type CorpusRigOptions } from '@lockstep/testing-runs';
import { FILES } from '../files/corpus-files.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { ValidateReceipt, VerifyReceipt } from '../receipts.ts';
import { corpusVerdict, type CorpusVerdict, type CorpusVerdictOptions } from './corpus-verdict.ts';

const inputs = (count: number, text = 'text') =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `${text} ${at}` }));

/** A rig whose clock advances by a second each time that it is read; those of several machines by one clock. */
function machineOf(clock = createClock()) {
  return (options: CorpusRigOptions = {}): CorpusRig => createCorpusRig({ clock, ...options });
}

function createClock() {
  let seconds = 0;
  return { now: () => (seconds += 1) * 1_000, sleep: () => Promise.resolve() };
}

const verdictOf = (
  { artifacts, ledger, vectors, rows, projection }: CorpusRig,
  options: Partial<CorpusVerdictOptions> = {},
): Promise<CorpusVerdict> =>
  corpusVerdict('books', {
    artifacts,
    ledger: async () => ledger,
    targets: () => ({ qdrant: vectors.target, neon: rows.target }),
    projection: projection.id,
    deletes: 'full',
    ...options,
  });

const stateOf = async (rig: CorpusRig, options?: Partial<CorpusVerdictOptions>) =>
  (await verdictOf(rig, options)).state;

const unavailable = () => new IndexingError({ code: 'service-unavailable', message: 'Qdrant cannot be reached.' });

/** The same stores from a machine with files of its own. */
const elsewhere = ({ vectors, rows, ledger }: CorpusRig, machine: ReturnType<typeof machineOf>): CorpusRig =>
  machine({ vectors, rows, ledger });

const failTest = (): never => {
  throw new Error('there was no run that has ended');
};

describe('a corpus is in step', () => {
  it('after a run, and after its stages one by one, with when and how its stores were read', async () => {
    for (const load of ['run', 'stages'] as const) {
      const rig = machineOf()();
      if (load === 'run') await rig.run(inputs(3));
      else await rig.load(inputs(3)).then(() => rig.verify());
      const verdict = await verdictOf(rig);
      expect(verdict).toMatchObject({ state: 'in-step', attempt: null, isRunOfHere: true, unstamped: [] });
      const { startedAt, durationMs } = await readReceipt<VerifyReceipt>(rig.artifacts, FILES.verifyReceipt);
      const at = new Date(Date.parse(startedAt) + durationMs).toISOString();
      expect(verdict.verified).toEqual({ at, level: 'content' });
    }
  });

  it('on a machine without files of it, and on one whose chunks are the same, as the run table says', async () => {
    const machine = machineOf();
    const rig = machine();
    await rig.run(inputs(3));
    const other = elsewhere(rig, machine);
    expect(await verdictOf(other)).toMatchObject({ state: 'in-step', isRunOfHere: false, verified: { level: null } });
    await other.validate(inputs(3));
    expect(await stateOf(other)).toBe('in-step');
  });

  it('when an earlier version wrote the receipt of the verify, without the run and the chunks that it belongs to', async () => {
    const rig = machineOf()();
    await rig.run(inputs(3));
    const {
      fence: _fence,
      digest: _digest,
      ...earlier
    } = await readReceipt<VerifyReceipt>(rig.artifacts, FILES.verifyReceipt);
    rig.artifacts.files.set(FILES.verifyReceipt, JSON.stringify(earlier));
    expect(await verdictOf(rig)).toMatchObject({ state: 'in-step', verified: { level: 'content' } });
  });

  it('when its last verify found the stores right and only the input another, and this machine does not look at the input', async () => {
    const rig = machineOf()();
    await rig.run(inputs(3));
    const { vectors, rows, ledger, artifacts, embeddings } = rig;
    const ports = { inputDigest: async () => 'of now' };
    const edited = createCorpusRig({ vectors, rows, ledger, artifacts, embeddings, ports });
    const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
    artifacts.files.set(FILES.validateReceipt, JSON.stringify({ ...validated, inputDigest: 'of then' }));
    expect(await edited.verify()).toMatchObject({ ok: false, inputNow: 'changed', differencesCount: 0 });
    expect(await stateOf(edited)).toBe('in-step');
  });

  it('again, when a run or a verify after a failure has ended well', async () => {
    const rig = machineOf()();
    await rig.run(inputs(3));
    for (const again of [() => rig.run(inputs(3)), () => rig.verify()]) {
      const { vectors, rows, ledger, artifacts, embeddings } = rig;
      const ports = { rows: () => Promise.reject(unavailable()) };
      const cutOff = createCorpusRig({ vectors, rows, ledger, artifacts, embeddings, ports });
      await failureOf(cutOff.verify());
      expect(await stateOf(rig)).toBe('failed');
      await again();
      expect(await stateOf(rig)).toBe('in-step');
    }
  });
});

describe('a corpus that was in step is not any more', () => {
  const loaded = async (machine = machineOf()): Promise<CorpusRig> => {
    const rig = machine();
    await rig.run(inputs(30));
    return rig;
  };

  it('when a run is refused: the verdict has its error', async () => {
    const rig = await loaded();
    await failureOf(rig.run(inputs(1)));
    expect(await verdictOf(rig)).toMatchObject({
      state: 'failed',
      attempt: { step: 'run', error: { code: 'delete-guard', message: expect.stringContaining('29') as string } },
      run: { fence: 1, end: { outcome: 'done' } },
    });
  });

  it('when a run fails before its first stage has read the input, and the chunks of before count as wanted no more', async () => {
    const machine = machineOf();
    const rig = await loaded(machine);
    const broken = machine({
      ...{ vectors: rig.vectors, rows: rig.rows, ledger: rig.ledger, artifacts: rig.artifacts },
      ports: {
        input: async () => {
          throw new IndexingError({ code: 'input-malformed', message: 'Line 3 is no JSON.' });
        },
      },
    });
    for (const attempt of [() => broken.validate([]), () => broken.run([])]) {
      await failureOf(attempt());
      expect(await verdictOf(rig)).toMatchObject({
        state: 'failed',
        attempt: { error: { code: 'input-malformed', stage: 'validate' } },
      });
      // What is compared with the stores would be the chunks of an earlier input.
      expect(await failureOf(rig.verify())).toMatchObject({ code: 'validate-failed' });
    }
  });

  it('when a stage that a build system called has failed, whatever stages succeed after it', async () => {
    const rig = await loaded();
    await rig.validate(inputs(30, 'edited'));
    await rig.embed();
    await rig.provision();
    rig.vectors.beforeWrite = () => {
      throw unavailable();
    };
    await failureOf(rig.loadQdrant());
    await rig.loadNeon();
    expect(await verdictOf(rig)).toMatchObject({
      state: 'failed',
      attempt: { step: 'load-qdrant', error: { code: 'service-unavailable', stage: 'load-qdrant' } },
      run: { fence: 2, end: { outcome: 'failed', error: 'service-unavailable' } },
    });
  });

  it('when a run is stopped by its user', async () => {
    const rig = await loaded();
    const { vectors, rows, ledger, artifacts } = rig;
    const stop = new AbortController();
    const stopped = machineOf()({ vectors, rows, ledger, artifacts, signal: stop.signal });
    rows.beforeWrite = () => stop.abort(new IndexingError({ code: 'aborted', message: 'Stopped.' }));
    await failureOf(stopped.run(inputs(30, 'edited')));
    expect(await verdictOf(rig)).toMatchObject({ state: 'failed', attempt: { error: { code: 'aborted' } } });
  });

  it('while a run is under way, and for ever when it was killed: here by its mark, elsewhere by its line without an end', async () => {
    const machine = machineOf();
    const rig = await loaded(machine);
    const seen: unknown[] = [];
    const other = elsewhere(rig, machine);
    rig.rows.beforeWrite = async () => {
      seen.push(await stateOf(rig), await stateOf(other));
    };
    await rig.run(inputs(30, 'edited'));
    expect(new Set(seen)).toEqual(new Set(['unfinished']));
    rig.rows.beforeWrite = undefined;
    expect([await stateOf(rig), await stateOf(other)]).toEqual(['in-step', 'in-step']);
    await rig.provision();
    expect(await verdictOf(other)).toMatchObject({ state: 'unfinished', run: { fence: 3 }, attempt: null });
  });

  it('when the mark of a run cannot be read', async () => {
    const rig = await loaded();
    rig.artifacts.files.set('attempts/run.json', '{"step"');
    expect(await stateOf(rig)).toBe('unfinished');
  });

  it('when a verify finds a difference; and until the next load, although a verify finds none then', async () => {
    const rig = await loaded();
    const [pointId, row] = [...rig.rows.table][0] as [string, { text: string }];
    rig.rows.table.delete(pointId);
    await rig.verify();
    expect(await verdictOf(rig)).toMatchObject({ state: 'differs', verified: null, unstamped: ['neon'] });
    rig.rows.table.set(pointId, row as never);
    expect((await rig.verify()).ok).toBe(true);
    expect(await stateOf(rig)).toBe('unverified');
    await rig.run(inputs(30));
    expect(await stateOf(rig)).toBe('in-step');
  });

  it('when another input was validated, a setting was changed, or a store has another address', async () => {
    const rig = await loaded();
    expect(await verdictOf(rig, { deletes: 'none' })).toMatchObject({
      state: 'outdated',
      unstamped: ['qdrant', 'neon'],
    });
    expect(await verdictOf(rig, { projection: 'other' })).toMatchObject({ state: 'outdated', unstamped: ['qdrant'] });
    const targets = () => ({ qdrant: rig.vectors.target, neon: 'other' });
    expect(await verdictOf(rig, { targets })).toMatchObject({ state: 'outdated', unstamped: ['neon'] });
    await rig.validate(inputs(30, 'edited'));
    expect(await stateOf(rig)).toBe('outdated');
  });

  it('when its input has changed or is gone since it was validated; an input that is not looked at changes nothing', async () => {
    const rig = await loaded();
    for (const now of ['changed', 'missing'] as const) {
      const { inputNow, state, validatedAt } = await verdictOf(rig, { inputSince: async () => now });
      expect({ inputNow, state }).toEqual({ inputNow: now, state: 'outdated' });
      expect(validatedAt).toBe((await readReceipt<ValidateReceipt>(rig.artifacts, FILES.validateReceipt)).startedAt);
    }
    for (const now of ['as-validated', 'not-compared'] as const) {
      expect(await stateOf(rig, { inputSince: async () => now })).toBe('in-step');
    }
    await rig.validate(inputs(2));
    // What was validated is not what was loaded, so that no input is read.
    expect(await stateOf(rig, { inputSince: failTest })).toBe('outdated');
  });

  it('when another machine has loaded other chunks', async () => {
    const machine = machineOf();
    const rig = await loaded(machine);
    await elsewhere(rig, machine).run(inputs(31));
    expect(await verdictOf(rig)).toMatchObject({ state: 'outdated', run: { fence: 2 }, isRunOfHere: false });
  });

  it('when a run of another machine failed or was killed after it', async () => {
    const machine = machineOf();
    const rig = await loaded(machine);
    const other = elsewhere(rig, machine);
    rig.rows.beforeWrite = () => {
      throw unavailable();
    };
    await failureOf(other.run(inputs(31)));
    rig.rows.beforeWrite = undefined;
    expect(await verdictOf(rig)).toMatchObject({
      state: 'failed',
      attempt: null,
      run: { fence: 2, end: { error: 'service-unavailable' } },
    });
  });

  it('after a drop', async () => {
    const rig = await loaded();
    await rig.drop();
    expect(await stateOf(rig)).toBe('dropped');
  });

  it('when the ledger cannot be asked, or has no run of it', async () => {
    const rig = await loaded();
    const ledger = () => Promise.reject(unavailable());
    expect(await verdictOf(rig, { ledger })).toMatchObject({
      state: 'unknown',
      problem: { code: 'service-unavailable' },
    });
    expect(await stateOf(rig, { ledger: async () => createCorpusRig().ledger })).toBe('not-loaded');
    expect(await stateOf(rig, { ledger: async () => undefined })).toBe('unverified');
  });
});

describe('a corpus that no verify has read whole is not in step', () => {
  it('after loads alone', async () => {
    const rig = machineOf()();
    await rig.load(inputs(3));
    expect(await stateOf(rig)).toBe('unfinished');
  });

  it('after a verify of the counts alone', async () => {
    const rig = machineOf()();
    await rig.load(inputs(3));
    await rig.verify('counts');
    expect(await stateOf(rig)).toBe('unverified');
    await rig.verify('ids');
    expect(await verdictOf(rig)).toMatchObject({ state: 'in-step', verified: { level: 'ids' } });
  });

  it('after a run of one store, whose other store has nothing', async () => {
    const rig = machineOf()();
    const corpus = rig.open(inputs(3));
    await corpus.validate();
    await corpus.embed();
    await corpus.provision({ only: 'qdrant' });
    await corpus.loadQdrant();
    expect((await corpus.verify({ only: 'qdrant', level: 'content' })).ok).toBe(true);
    expect(await stateOf(rig)).toBe('unverified');
    expect(await stateOf(elsewhere(rig, machineOf()))).toBe('unverified');
  });

  it('after an edit of some of its chunks', async () => {
    const rig = machineOf()();
    await rig.run(inputs(3));
    const [{ end, fence: _fence, corpus: _corpus, ...run } = failTest()] = await rig.ledger.runs({
      corpus: 'books',
      limit: 1,
    });
    const edit = { ...run, runId: 'edit', kind: 'edit', digest: '', atLeast: 2 } as const;
    const fence = await rig.ledger.takeFence('books', edit);
    await rig.ledger.endRun('books', fence, end ?? failTest());
    expect(await verdictOf(rig)).toMatchObject({ state: 'unverified', run: { kind: 'edit' }, verified: null });
  });

  it('after a verify of a machine whose run was overtaken', async () => {
    const machine = machineOf();
    const rig = machine();
    await rig.load(inputs(3));
    await elsewhere(rig, machine).load(inputs(3));
    expect((await rig.verify()).ok).toBe(true);
    expect(await stateOf(rig)).toBe('unfinished');
  });
});

it('a failure here that is older than a run of another machine is not told', async () => {
  const machine = machineOf();
  const rig = machine();
  await rig.run(inputs(30));
  await failureOf(rig.run(inputs(1)));
  const other = elsewhere(rig, machine);
  await other.run(inputs(30));
  // This machine has validated the one chunk, so that what the other one loaded is not what is wanted here.
  expect(await verdictOf(rig)).toMatchObject({ state: 'outdated', attempt: null, run: { fence: 2 } });
  await rig.validate(inputs(30));
  expect(await stateOf(rig)).toBe('in-step');
});
