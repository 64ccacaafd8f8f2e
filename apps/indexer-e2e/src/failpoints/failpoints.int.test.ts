import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STAGES, type Stage } from '@lockstep/model';
import { startStubOpenAi } from '@lockstep/testing-faults';
import { stubVector } from '@lockstep/testing-ports';
import { createDatabase, openPostgresSession } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFailpointChecks, type FailpointChecks } from './failpoint-checks.ts';
import { openFailpointRig, type FailpointRig } from './failpoint-rig.ts';
import { DIMENSIONS, NEW_TEXTS } from './failpoint-scenario.ts';
import { BATCH_ITEMS, CONCURRENCY, type Part, type Step } from './failpoint-corpus.ts';
import type { Failpoint } from './failpoint-steps.ts';

/*
 * A process is killed at every step of a stage that has an effect outside of it, twice: first when it runs only that
 * stage, as a target of a build system does, then in a whole run. After that a whole run is not killed.
 * `failpoint-checks.ts` says what must hold after each kill and at the end.
 *
 * The steps are listed here by hand, so that nobody adds one without considering a kill there: the first test fails for
 * a step that is not listed, and for a listed step that no run takes.
 */

/** Steps with an effect that others see: on a store, the ledger, the cache, or a file under its final name. */
const SEEN: Readonly<Record<Exclude<Step, 'plan'>, readonly string[]>> = {
  validate: [
    'remove validate/receipt.json',
    'rename validate/chunks.jsonl',
    'rename validate/held.jsonl',
    'rename validate/rejects.jsonl',
    'rename validate/receipt.json',
  ],
  provision: [
    'remove provision/run.json',
    'rows.ensure',
    'vectors.ensure',
    'ledger.ensure',
    'ledger.takeFence',
    'rows.raiseFence',
    'rename provision/qdrant.nonce',
    'rename provision/neon.nonce',
    'rename provision/run.json',
  ],
  embed: [
    'open cache',
    'truncate cache',
    'write cache',
    'sync cache',
    'remove embed/receipt.json',
    'remove embed/refused.jsonl',
    'embedder.embed',
    'rename embed/slice.jsonl',
    'rename embed/refused.jsonl',
    'rename embedded-here.json',
    'rename embed/receipt.json',
  ],
  'load-qdrant': [
    'remove load-qdrant/receipt.json',
    'ledger.removeStamp',
    'vectors.upsert',
    'vectors.overwritePayloads',
    'vectors.delete',
    'ledger.writeStamp',
    'rename load-qdrant/receipt.json',
  ],
  'load-neon': [
    'remove load-neon/receipt.json',
    'ledger.removeStamp',
    'rows.upsert',
    'rows.delete',
    'ledger.writeStamp',
    'rename load-neon/receipt.json',
  ],
  verify: ['remove verify.json', 'rename verify.json', 'ledger.endRun', 'remove attempts/verify.json'],
  run: ['rename attempts/run.json', 'remove attempts/run.json'],
};

/**
 * Steps without a visible effect: they read, or they change temporary files, which are the same in all stages. One run
 * after the kills at all such steps of a stage is enough.
 */
const UNSEEN: Readonly<Record<Exclude<Step, 'run'>, readonly string[]>> = {
  // Only a whole run makes a plan, so that no single stage is killed there.
  plan: [
    'ledger.runs',
    'vectors.inspect',
    'vectors.foreignModel',
    'ledger.stamp',
    'vectors.count',
    'vectors.scan',
    'rows.count',
    'rows.scan',
  ],
  validate: [
    'remove temporary',
    'make temporary',
    'open temporary',
    'write temporary',
    'rename attempts/validate.json',
    'remove attempts/validate.json',
  ],
  provision: [
    'rename attempts/provision.json',
    'remove attempts/provision.json',
    'vectors.foreignModel',
    'ledger.runs',
    'ledger.stamp',
    'vectors.count',
    'vectors.scan',
    'rows.count',
    'rows.scan',
    'rows.fence',
  ],
  // The folder without a name is the state directory, in which the cache's folder has one.
  embed: [
    'ledger.runs',
    'sync folder cache',
    'sync folder ',
    'rename attempts/embed.json',
    'remove attempts/embed.json',
  ],
  'load-qdrant': [
    'rename attempts/load-qdrant.json',
    'vectors.scan',
    'ledger.fenceHolder',
    'vectors.count',
    'remove attempts/load-qdrant.json',
  ],
  'load-neon': [
    'rename attempts/load-neon.json',
    'rows.scan',
    'ledger.fenceHolder',
    'rows.count',
    'remove attempts/load-neon.json',
  ],
  verify: [
    'rename attempts/verify.json',
    'vectors.scan',
    'vectors.vectors',
    'rows.scanRows',
    'rows.scan',
    'rows.rows',
    'ledger.fenceHolder',
    'rename temporary',
    'ledger.runs',
  ],
};

/** Steps of which several run concurrently, so that after one is not the same as before the next. */
const CONCURRENT = new Set([
  'embed embedder.embed',
  'load-qdrant vectors.upsert',
  'load-qdrant vectors.overwritePayloads',
  'load-neon rows.upsert',
]);

/** Steps during which embeddings may be paid for that are not in the cache yet. */
const PAYING = new Set(['embed embedder.embed', 'embed write cache', 'embed sync cache']);

/** Most texts in the requests that run when a process is killed. */
const UNDERWAY_MAX = BATCH_ITEMS * CONCURRENCY;

/** Includes the time in which a test waits for free stores. */
const TIMEOUT_MS = 180_000;

const kindOf = (stage: Step, name: string): string => (name.endsWith(' temporary') ? name : `${stage} ${name}`);

const stepsOf = <Of extends Step>(steps: Readonly<Record<Of, readonly string[]>>): [Of, string][] =>
  (Object.keys(steps) as Of[]).flatMap((step) => steps[step].map((name): [Of, string] => [step, name]));

/**
 * Where to kill at a kind of step, given how often a run takes it: before its first and its last call. After a call is
 * the same as before the next step, unless steps run concurrently: those are also killed after both calls. Only writes
 * to the cache are torn, since unfinished temporary files are not read.
 */
function failpointsOf(kind: string, calls: number): Failpoint[] {
  const sides: Failpoint['side'][] = ['before'];
  if (CONCURRENT.has(kind)) sides.push('after');
  if (kind === 'embed write cache') sides.push('torn');
  return [...new Set([1, calls])].flatMap((call) => sides.map((side) => ({ kind, call, side })));
}

describe.concurrent('runs that are killed twice', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-failpoints-'));
  /** Calls of each kind in a run that was not killed. */
  const calls = new Map<string, number>();
  const closers: (() => Promise<void>)[] = [];
  const free: Subject[] = [];
  const waiting: ((subject: Subject) => void)[] = [];

  interface Subject {
    readonly rig: FailpointRig;
    readonly checks: FailpointChecks;
  }

  async function openSubject(name: string): Promise<Subject> {
    const place = join(folder, name);
    mkdirSync(place);
    const openAi = await startStubOpenAi({ dimensions: DIMENSIONS });
    const database = await createDatabase();
    const { query, end } = await openPostgresSession(database.connectionString);
    const { connectionString } = database;
    const compileCache = join(folder, 'compiled');
    const rig = await openFailpointRig({ folder: place, connectionString, query, openAi, compileCache });
    closers.push(async () => {
      await rig.close();
      await end();
      await database.drop();
      await openAi.close();
    });
    const before = await rig.look();
    for (const stage of STAGES) {
      await rig.save(stage);
      await rig.run(stage);
    }
    const after = await rig.look();
    const checks = createFailpointChecks({ before, after, vectorOf: (text) => stubVector(text, DIMENSIONS) });
    expect(checks.done(after)).toEqual([]);
    return { rig, checks };
  }

  /** Calls `work` with stores that no other test uses at the same time. */
  async function withSubject(work: (subject: Subject) => Promise<void>): Promise<void> {
    const subject = free.pop() ?? (await new Promise<Subject>((take) => waiting.push(take)));
    try {
      await work(subject);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(subject);
      else next(subject);
    }
  }

  /** Two kills at one failpoint. In the second the step may already be done; it then ends by itself. */
  async function killTwice(
    { rig, checks }: Subject,
    parts: readonly [first: Part, second: Part],
    failpoint: Failpoint,
  ): Promise<string[]> {
    const problems: string[] = [];
    for (const [at, killed] of parts.entries()) {
      const { exit, end, stderr } = await rig.runChild([killed], failpoint);
      const isThrough = at === 1 && exit === 0 && end?.ok === true;
      if (exit !== 'SIGKILL' && !isThrough) problems.push(`${killed} ended with ${exit}: ${stderr}`);
      problems.push(...checks.killed(await rig.look()));
    }
    return problems;
  }

  /**
   * A run that is not killed, with all checks at its end. `due`: how many texts it and the killed runs had to pay for.
   */
  async function runThrough(
    { rig, checks }: Subject,
    { due, twiceMax = 0 }: { due: number; twiceMax?: number },
  ): Promise<string[]> {
    const problems: string[] = [];
    const inStep = await rig.run('run').catch((error: unknown) => void problems.push(`the next run: ${String(error)}`));
    if (inStep === false) problems.push('verify found differences');
    problems.push(...checks.done(await rig.look()));
    const twice = rig.paid() - due;
    if (twice < 0 || twice > twiceMax) problems.push(`${twice} texts were paid for twice`);
    return problems;
  }

  beforeAll(async () => {
    const first = await openSubject('one');
    // The first child fills the compile cache for those that are killed.
    await first.rig.restore('validate');
    const recorded = await first.rig.runChild(STAGES);
    expect(recorded.end?.ok, recorded.stderr).toBe(true);
    expect(first.checks.done(await first.rig.look())).toEqual([]);
    expect(first.rig.paid()).toBe(NEW_TEXTS);
    for (const kind of recorded.end?.steps ?? []) calls.set(kind, (calls.get(kind) ?? 0) + 1);
    await first.rig.restore('validate');
    const whole = await first.rig.runChild(['run']);
    expect(whole.end?.ok, whole.stderr).toBe(true);
    for (const kind of whole.end?.steps ?? []) if (!calls.has(kind)) calls.set(kind, 1);
    free.push(first, await openSubject('two'));
  });
  afterAll(async () => {
    for (const close of closers) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a run takes exactly the steps that are listed as failpoints', () => {
    const listed = [...stepsOf(SEEN), ...stepsOf(UNSEEN)].map(([step, name]) => kindOf(step, name));
    expect([...calls.keys()].sort()).toEqual(listed.sort());
  });

  it.for(stepsOf(SEEN))(
    'a run that is killed in %s at "%s" is completed by the next one',
    { timeout: TIMEOUT_MS },
    async ([stage, name]) => {
      const kind = kindOf(stage, name);
      const twiceMax = PAYING.has(kind) ? 2 * UNDERWAY_MAX : 0;
      await withSubject(async (subject) => {
        for (const failpoint of failpointsOf(kind, calls.get(kind) ?? 1)) {
          const from = stage === 'run' ? 'validate' : stage;
          await subject.rig.restore(from);
          const problems = await killTwice(subject, [stage, 'run'], failpoint);
          problems.push(...(await runThrough(subject, { due: dueFrom(from), twiceMax })));
          expect(problems, `${failpoint.side} call ${failpoint.call}`).toEqual([]);
        }
      });
    },
  );

  it.for(Object.keys(UNSEEN) as (keyof typeof UNSEEN)[])(
    'a run that is killed in %s at a step without a visible effect is completed by the next one',
    { timeout: TIMEOUT_MS },
    async (step) => {
      const [part, from] = step === 'plan' ? (['run', 'provision'] as const) : [step, step];
      await withSubject(async (subject) => {
        await subject.rig.restore(from);
        for (const name of UNSEEN[step]) {
          const failpoint: Failpoint = { kind: kindOf(step, name), call: 1, side: 'before' };
          expect(await killTwice(subject, [part, part], failpoint), name).toEqual([]);
        }
        expect(await runThrough(subject, { due: dueFrom(from) })).toEqual([]);
      });
    },
  );
});

/** Texts that are not paid for yet when a stage begins. */
function dueFrom(stage: Stage): number {
  return STAGES.indexOf(stage) <= STAGES.indexOf('embed') ? NEW_TEXTS : 0;
}
