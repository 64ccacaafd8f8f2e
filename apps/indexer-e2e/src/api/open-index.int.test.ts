import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexEvent } from '@lockstep/indexer';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { stubVector } from '@lockstep/testing-ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeProblems } from '../support/store-problems.ts';
import { BATCH, collectEvents, createApiWorkspace, records, type ApiWorkspace } from './api-workspace.ts';
import { expectFailure } from './expect-failure.ts';

const RATE_LIMITED = { status: 429, headers: { 'retry-after': '60' } };

let workspace: ApiWorkspace;
/** Whether the embedding service refuses all requests after the first. */
let isLimited: boolean;

beforeEach(async () => {
  isLimited = false;
  workspace = await createApiWorkspace((request) => (isLimited && request > 1 ? RATE_LIMITED : undefined));
  workspace.write(records(12 * BATCH));
});
afterEach(() => workspace.close());

const stages = (events: readonly IndexEvent[], type: 'stage-started' | 'stage-ended'): string[] =>
  events.flatMap((event) => (event.type === type ? [event.stage] : []));

describe('a load', () => {
  it('fills both stores with what the input says, and tells its stages, their progress and their ends in order', async () => {
    const { events, onEvent } = collectEvents();
    const index = await workspace.open({ onEvent });
    const { validate, plan, embed, verify, ...loads } = await index.load({ level: 'vectors' });
    await index.close();
    expect(validate.accepted).toBe(120);
    expect(plan.embedding.texts).toBe(120);
    expect(embed).toMatchObject({ embedded: 120, requests: 12 });
    expect([loads['load-qdrant']?.written, loads['load-neon']?.written]).toEqual([120, 120]);
    expect(verify).toMatchObject({ ok: true, counts: { input: 120, cache: 120, qdrant: 120, neon: 120 } });

    const qdrant = await startEmbeddedQdrant({ directory: join(workspace.folder, '.lockstep/qdrant') });
    const problems = await storeProblems({
      ...{ corpus: 'books', collection: 'book_vectors', table: 'rag_metadata', records: records(120) },
      identity: { model: embed.model, host: embed.host, dimensions: embed.dimensions },
      qdrantUrl: qdrant.url,
      query: workspace.query,
      vectorOf: (text) => stubVector(text, embed.dimensions),
    });
    await qdrant.close();
    expect(problems).toEqual([]);

    const started = stages(events, 'stage-started');
    expect(started.slice(0, 4)).toEqual(['validate', 'plan', 'provision', 'embed']);
    expect(started.slice(4, 6).toSorted()).toEqual(['load-neon', 'load-qdrant']);
    expect(started.slice(6)).toEqual(['verify']);
    expect(stages(events, 'stage-ended').toSorted()).toEqual(started.toSorted());
    expect(events.every((event) => event.type !== 'stage-ended' || event.ok)).toBe(true);
    const told = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
    for (const stage of ['validate', 'embed', 'load-qdrant', 'load-neon', 'verify']) {
      const from = events.findIndex((event) => event.type === 'stage-started' && event.stage === stage);
      const to = events.findIndex((event) => event.type === 'stage-ended' && event.stage === stage);
      const own = told.filter((event) => event.stage === stage);
      expect(own.every((event) => events.indexOf(event) > from && events.indexOf(event) < to)).toBe(true);
      expect(own.at(-1)?.done, stage).toBe(120);
      const done = own.map((event) => event.done);
      expect(done).toEqual(done.toSorted((a, b) => a - b));
    }
    expect(events.every(({ corpus }) => corpus === 'books')).toBe(true);
  });

  it('that is stopped by its signal fails with aborted in its stage, and the next one pays for nothing twice', async () => {
    isLimited = true;
    workspace.write(records(2 * BATCH));
    const stop = new AbortController();
    const told = new Set<string>();
    const index = await workspace.open({
      onEvent(event) {
        if (event.type === 'progress' && event.stage === 'embed' && event.done >= BATCH) told.add('a reply is saved');
        if (event.type === 'log' && event.event === 'retry-scheduled') told.add('the other is refused');
        if (told.size === 2) stop.abort(new Error('enough'));
      },
    });
    const error = await expectFailure(index.load({ signal: stop.signal }));
    expect(error).toMatchObject({ code: 'aborted', stage: 'embed', cause: { message: 'enough' } });
    expect(workspace.openai.seen.inputs).toBe(BATCH);

    await index.close();

    isLimited = false;
    // The first index would keep to the pause that the service asked for.
    const { embed, verify } = await (await workspace.open()).load();
    expect(embed).toMatchObject({ cached: BATCH, embedded: BATCH });
    expect(verify.ok).toBe(true);
    expect(workspace.openai.seen.inputs).toBe(2 * BATCH);
    const runs = await workspace.query('select outcome, error from lockstep_run order by fence');
    expect(runs).toEqual([
      { outcome: 'failed', error: 'aborted' },
      { outcome: 'done', error: null },
    ]);
  });

  it('that waits for another one and is stopped leaves that one alone, and does not bring the next one forward', async () => {
    const { events, onEvent } = collectEvents();
    const stop = new AbortController();
    const index = await workspace.open({ onEvent });
    const first = index.load();
    const second = expectFailure(index.repair({ signal: stop.signal }));
    const third = index.verify();
    stop.abort();
    expect((await second).code).toBe('aborted');
    expect((await first).verify.ok).toBe(true);
    expect((await third).ok).toBe(true);
    const loaded = events.findIndex((event) => event.type === 'stage-ended' && event.stage === 'verify');
    expect(stages(events.slice(0, loaded), 'stage-started').filter((stage) => stage === 'verify')).toHaveLength(1);
    expect(stages(events, 'stage-started').slice(-2)).toEqual(['verify', 'verify']);
  });

  it('counts in its receipts no call of the searches that are made meanwhile', async () => {
    let isSearching = false;
    const searches: Promise<unknown>[] = [];
    const index = await workspace.open({
      onEvent(event) {
        if (isSearching && event.type !== 'log') searches.push(index.search('a question'));
      },
    });
    const callsOfEdit = async (text: string) => {
      workspace.write([{ id: 'c0', text }, ...records(12 * BATCH).slice(1)]);
      const { provision, embed, verify } = await index.load();
      return { provision: provision.calls, embed: embed.calls, verify: verify.calls };
    };
    await index.load();
    await index.search('a question');
    const quiet = await callsOfEdit('edited');
    isSearching = true;
    const meanwhile = await callsOfEdit('edited again');
    await Promise.all(searches);
    expect(searches.length).toBeGreaterThan(100);
    expect(meanwhile).toEqual(quiet);
    expect(quiet.embed.openai).toEqual({ requests: 1, retries: 0, breakerOpened: 0 });
  });

  it('beyond maxCost is refused before anything is paid or written, as its plan says with the same limits', async () => {
    const index = await workspace.open();
    const limits = { price: 1000, maxCost: 0.01 };
    const planned = await index.plan(limits);
    expect(planned.refused?.code).toBe('cost-guard');
    expect(planned.cost).toBeCloseTo(planned.plan.embedding.tokens / 1000);
    const error = await expectFailure(index.load(limits));
    expect(error).toMatchObject({ code: 'cost-guard', stage: undefined, details: { limit: 0.01, cost: planned.cost } });
    expect(workspace.openai.seen.inputs).toBe(0);
    expect((await index.plan({ ...limits, maxCost: 1000 })).refused).toBeUndefined();
    expect((await index.plan()).cost).toBeNull();
    const [found] = await workspace.query(`select to_regclass('rag_metadata') as "table"`);
    expect(found).toEqual({ table: null });
  });

  it('that would delete much is refused, with the variable of the limit too, unless allowDeletes is true', async () => {
    const stored = async () => (await workspace.query('select count(*)::int as count from rag_metadata'))[0]?.['count'];
    await (await workspace.open()).load();
    workspace.write(records(5 * BATCH));
    const index = await workspace.open();
    expect((await expectFailure(index.load())).code).toBe('delete-guard');
    expect(await stored()).toBe(12 * BATCH);
    const strict = await workspace.open({ env: { ...workspace.env, LOCKSTEP_MAX_DELETE_PERCENT: '0' } });
    workspace.write(records(12 * BATCH - 1));
    expect((await expectFailure(strict.load())).code).toBe('delete-guard');
    // False says nothing of the other limit.
    expect((await expectFailure(strict.load({ allowDeletes: false }))).code).toBe('delete-guard');
    workspace.write(records(5 * BATCH));
    expect((await index.load({ allowDeletes: true })).verify.ok).toBe(true);
    expect(await stored()).toBe(5 * BATCH);
  });
});

it('repair corrects what verify found, and pays for nothing', async () => {
  const index = await workspace.open();
  await index.load();
  await workspace.query(`update rag_metadata set text_snippet_preview = 'by hand' where chunk_id = 'c3'`);
  await workspace.query(`delete from rag_metadata where chunk_id = 'c4'`);
  const found = await index.verify();
  expect(found).toMatchObject({ ok: false, differencesCount: 2, sides: { neon: 2 } });
  const repaired = await index.repair();
  expect(repaired['load-neon'].written).toBe(2);
  expect(repaired.verify).toMatchObject({ ok: true, level: 'vectors' });
  expect(workspace.openai.seen.inputs).toBe(12 * BATCH);
  const rows = await workspace.query(
    `select text_snippet_preview as text from rag_metadata where chunk_id in ('c3', 'c4') order by chunk_id`,
  );
  expect(rows).toEqual([{ text: 'text number 3' }, { text: 'text number 4' }]);
});

it('search returns the rows of the nearest points of this corpus', async () => {
  const index = await workspace.open();
  await index.load();
  const { hits, dropped } = await index.search('text number 7', { limit: 2 });
  expect(dropped).toBe(0);
  expect(hits).toHaveLength(2);
  expect(hits[0]).toMatchObject({ corpus: 'books', chunkId: 'c7', text: 'text number 7', score: expect.closeTo(1) });
});

it('what onEvent throws ends the operation and those after it, and nothing is thrown elsewhere', async () => {
  const index = await workspace.open({
    onEvent(event) {
      if (event.type === 'stage-started' && event.stage === 'plan') throw new Error('no room');
    },
  });
  const error = await expectFailure(index.load());
  expect(error).toMatchObject({ code: 'aborted', cause: { message: 'no room' } });
  expect(error.message).toContain('onEvent failed at stage-started (Error: no room)');
  expect((await expectFailure(index.verify())).code).toBe('aborted');
  expect(workspace.openai.seen.requests).toBe(0);
});

it('an operation fails with the code, stage and advice of what failed, and the index can be used on', async () => {
  writeFileSync(join(workspace.folder, 'books/chunks.json'), '{"chunks": [');
  const index = await workspace.open();
  const error = await expectFailure(index.load());
  expect(error).toMatchObject({ code: 'input-malformed', stage: 'validate' });
  expect(error.advice).not.toBe('');
  expect((await expectFailure(index.verify())).code).toBe('artifact-missing');
  workspace.write(records(1));
  expect((await index.load()).verify.ok).toBe(true);
});
