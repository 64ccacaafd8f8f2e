import { beforeEach, describe, expect, it } from 'vitest';
import { IndexingError, type Logger } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig } from '@lockstep/testing-runs';
import { putMessages } from './queued.ts';
import type { RoutesOptions } from './routes/routes-options.ts';
import { verifyAtRandom } from './scheduled.ts';

const CHUNKS = Array.from({ length: 90 }, (_, at) => ({ id: `c${at}`, text: `text ${at}` }));
const START = '80000000-0000-4000-8000-000000000000';

let rig: CorpusRig;
let lines: [event: string, fields: object][];
let options: RoutesOptions;

beforeEach(() => {
  rig = createCorpusRig();
  lines = [];
  const tell: Logger['warn'] = (event, fields = {}) => void lines.push([event, fields]);
  const logger: Logger = { debug() {}, info: tell, warn: tell };
  options = {
    services: rig,
    token: 'a-token-of-this-test',
    corpus: 'books',
    payload: [],
    origins: [],
    questionUnit: 'bytes',
    logger,
  };
});

/** Puts each body as a message, and says what became of it. */
async function deliver(...bodies: readonly unknown[]): Promise<string[]> {
  const ends: string[] = [];
  const messages = bodies.map((body, at) => ({
    id: `m${at}`,
    body,
    ack: () => void ends.push('acknowledged'),
    retry: ({ delaySeconds = 0 } = {}) => void ends.push(`again in ${delaySeconds} s`),
  }));
  await putMessages(options, { messages });
  return ends;
}

describe('queue', () => {
  it('puts the chunks of each message, and has one that fails delivered again', async () => {
    const ends = await deliver({ chunks: [CHUNKS[0]] }, { chunks: [{ id: 'x' }] }, { chunks: [CHUNKS[1]] });
    expect(ends).toEqual(['acknowledged', 'again in 10 s', 'acknowledged']);
    expect([...rig.rows.table.values()].map(({ chunkId }) => chunkId).toSorted()).toEqual(['c0', 'c1']);
    expect(lines.filter(([event]) => event === 'message-failed')).toMatchObject([
      ['message-failed', { message: 'm1', code: 'request-invalid' }],
    ]);
  });

  it('waits as long as the service asks', async () => {
    rig.embedder.onRequest = () => {
      throw new IndexingError({ code: 'rate-limited', message: 'Too many.', retryAfterMs: 60_500 });
    };
    expect(await deliver({ chunks: [CHUNKS[0]] })).toEqual(['again in 61 s']);
  });
});

describe('scheduled', () => {
  beforeEach(() => deliver({ chunks: CHUNKS }));

  it('verifies a small corpus whole, wherever it begins', async () => {
    await verifyAtRandom(options, START);
    expect(lines.at(-1)).toEqual([
      'corpus-verified',
      { corpus: 'books', compared: 90 + countFrom(START), differences: 0 },
    ]);
  });

  it.each([0, 89])('fails where a chunk differs, and names it in the log: chunk %i by its point id', async (at) => {
    const ids = [...rig.rows.table.keys()].toSorted();
    const row = rig.rows.table.get(ids[at] as string);
    rig.rows.table.delete(ids[at] as string);
    expect(await failureOf(verifyAtRandom(options, START))).toMatchObject({ code: 'stores-differ' });
    const named = lines.filter(([event]) => event === 'chunk-differs').map(([, fields]) => fields);
    expect(named).toContainEqual({
      corpus: 'books',
      store: 'neon',
      kind: 'missing',
      chunkId: row?.chunkId,
      fields: '',
    });
  });
});

/** Chunks that are compared once more: the slice from the beginning does not end at the start. */
function countFrom(start: string): number {
  return [...rig.rows.table.keys()].filter((id) => id > start).length;
}
