import { expect, it } from 'vitest';
import { IndexingError, type CallStats } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { countCalls } from './count-calls.ts';
import { embed } from '../stages/embed.ts';

it('countCalls counts the requests of one stage, and leaves out services that it did not use', () => {
  let calls: Partial<Record<'openai' | 'qdrant' | 'neon', CallStats>> = {
    openai: { requests: 3, retries: 1, breakerOpened: 0 },
    neon: { requests: 2, retries: 0, breakerOpened: 0 },
  };
  const counted = countCalls({ calls: () => calls });
  expect(counted()).toEqual({});
  calls = {
    ...calls,
    openai: { requests: 10, retries: 5, breakerOpened: 2 },
    qdrant: { requests: 1, retries: 0, breakerOpened: 0 },
  };
  expect(counted()).toEqual({
    openai: { requests: 7, retries: 4, breakerOpened: 2 },
    qdrant: { requests: 1, retries: 0, breakerOpened: 0 },
  });
});

it('texts whose reply was lost are counted in the receipt of their stage, or in log and error when it failed', async () => {
  const rig = createCorpusRig();
  const { embedder } = rig;
  embedder.lost.inputs = 100;
  embedder.onRequest = () => {
    embedder.lost.inputs += 2;
  };
  await rig.validate(Array.from({ length: 4 }, (_, at) => ({ id: `c${at}`, text: `text ${at}` })));
  expect(await rig.embed({ batchItems: 2 })).toMatchObject({ embedded: 4, requests: 2, possiblyPaid: 4 });

  embedder.onRequest = () => {
    embedder.lost.inputs += 2;
    throw new IndexingError({ code: 'service-unavailable', message: 'm' });
  };
  const logged: unknown[] = [];
  const logger = { debug() {}, info() {}, warn: (event: string, fields?: object) => void logged.push([event, fields]) };
  const fresh = createCorpusRig({ embedder });
  await fresh.validate([{ id: 'new', text: 'new text' }]);
  const { cache } = fresh.embeddings;
  const failure = await failureOf(
    embed({ ...fresh.context, logger }, { embedder, cache, batchItems: 2, concurrency: 1 }),
  );
  expect(logged).toEqual([['inputs-possibly-paid', { itemCount: 2 }]]);
  expect(failure).toMatchObject({ code: 'service-unavailable', message: 'm', details: { possiblyPaid: 2 } });
});
