import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { pointIdOf } from '@lockstep/model';
import {
  createNeonHandler,
  createStubOpenAiHandler,
  forwardTo,
  startFaultyServices,
  type FaultyServices,
} from '@lockstep/testing-faults';
import edge from './index.ts';
import type { Bindings } from './settings.ts';

const TOKEN = 'a-token-of-this-test';

let services: FaultyServices;
let bindings: Bindings;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
  stack.defer(() => qdrant.close());
  const database = await openPglite({ directory: join(folder, 'postgres'), waitMs: 10_000 });
  stack.defer(() => database.close());
  services = await startFaultyServices({
    handlers: {
      openai: createStubOpenAiHandler({ dimensions: 1536 }),
      qdrant: forwardTo(qdrant.url),
      neon: createNeonHandler((statements, options) => database.run(statements, options)),
    },
    script: {},
  });
  stack.defer(() => services.close());
  bindings = { ...services.environment, QDRANT_API_KEY: 'qdrant-secret', LOCKSTEP_TOKEN: TOKEN };
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});

afterAll(async () => {
  vi.restoreAllMocks();
  await stack.disposeAsync();
});

async function ask(path: string, method = 'GET', body?: object): Promise<Record<string, unknown>> {
  const init = { method, headers: { authorization: `Bearer ${TOKEN}` } };
  const request = new Request(`https://edge.example.com${path}`, {
    ...init,
    ...(body && { body: JSON.stringify(body) }),
  });
  const response = await edge.fetch(request, bindings);
  return { status: response.status, ...((await response.json()) as object) };
}

describe('the Worker over services by HTTP', () => {
  it('writes, finds, verifies and deletes chunks', async () => {
    const chunks = [
      { id: 'a', text: 'Call me Ishmael.', metadata: { source: 'moby-dick' } },
      { id: 'b', text: 'The whiteness of the whale.' },
    ];
    const corpus = 'notes';
    expect(await ask('/chunks', 'POST', { corpus, chunks })).toMatchObject({ status: 200, embedded: 2 });
    expect(await ask('/chunks', 'POST', { corpus, chunks })).toMatchObject({ status: 200, unchanged: 2, runId: null });
    expect(await ask('/search?limit=1&corpus=notes&q=Call%20me%20Ishmael.')).toMatchObject({
      dropped: 0,
      results: [{ chunk_id: 'a', metadata: { source: 'moby-dick' } }],
    });
    expect(await ask('/verify?corpus=notes')).toMatchObject({ ok: true, compared: 2, cursor: null });
    const deleted = await ask('/chunks', 'DELETE', { corpus, ids: ['a', 'b'] });
    expect(deleted).toMatchObject({ status: 200, deleted: { qdrant: 2, neon: 2 } });
    expect(await ask('/verify?corpus=notes')).toMatchObject({ ok: true, compared: 0 });
  });

  it('asks the services at most 30 times for a first put, and 3 times where nothing has changed', async () => {
    const requests = (): number => services.qdrant.log.length + services.neon.log.length + services.openai.log.length;
    const chunks = Array.from({ length: 100 }, (_, at) => ({ id: `c${at}`, text: `A text of its own, ${at}.` }));
    let before = requests();
    await ask('/chunks', 'POST', { corpus: 'counted', chunks });
    expect(requests() - before).toBeLessThanOrEqual(30);
    before = requests();
    await ask('/chunks', 'POST', { corpus: 'counted', chunks });
    expect(requests() - before).toBe(3);
  });

  it('shows no secret and no stack where a service refuses its key', async () => {
    services.qdrant.setRules([{ fault: { status: 401, body: { status: { error: 'invalid key qdrant-secret' } } } }]);
    const reply = await ask('/chunks', 'POST', { corpus: 'refused', chunks: [{ id: 'a', text: 'x' }] });
    services.qdrant.setRules([]);
    expect(reply).toMatchObject({ status: 502, ok: false, error: { code: 'unauthorized' } });
    expect(JSON.stringify(reply)).not.toMatch(/qdrant-secret|stack|lockstep:lockstep/);
  });

  it('answers with the binding that is wrong, whatever the request', async () => {
    const response = await edge.fetch(new Request('https://edge.example.com/verify'), {
      ...bindings,
      QDRANT_HOTS: 'x',
    });
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('QDRANT_HOTS')]);
  });

  it('verifies on a schedule, and fails where the stores differ', async () => {
    const scheduled = { ...bindings, LOCKSTEP_CORPUS: 'scheduled' };
    await ask('/chunks', 'POST', { corpus: 'scheduled', chunks: [{ id: 'a', text: 'x' }] });
    await edge.scheduled({}, scheduled);
    const ids = { points: [pointIdOf('scheduled', 'a')] };
    await fetch(`${services.qdrant.url}/collections/book_vectors/points/delete?wait=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ids),
    });
    await expect(edge.scheduled({}, scheduled)).rejects.toMatchObject({ code: 'stores-differ' });
  });

  it('takes chunks from a queue', async () => {
    const ends: string[] = [];
    const body = { corpus: 'queued', chunks: [{ id: 'a', text: 'x' }] };
    const message = { id: 'm', body, ack: () => void ends.push('ack'), retry: () => void ends.push('retry') };
    await edge.queue({ messages: [message] }, bindings);
    expect(ends).toEqual(['ack']);
    expect(await ask('/verify?corpus=queued')).toMatchObject({ ok: true, compared: 1 });
  });
});
