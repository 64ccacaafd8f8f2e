import { expect, it } from 'vitest';
import { createSharedEngines } from './shared-engines.ts';

const NEVER = new AbortController().signal;

/** An engine whose starts and ends are counted, and that starts when it is told. */
function createEngine() {
  const seen = { starts: 0, closes: 0 };
  const ready = Promise.withResolvers<void>();
  const start = async (signal: AbortSignal) => {
    seen.starts += 1;
    const stopped = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => stopped.reject(signal.reason));
    await Promise.race([ready.promise, stopped.promise]);
    return { close: async () => void (seen.closes += 1) };
  };
  return { seen, ready, start };
}

it('an engine is started once for all who use it at once, and closed when the last of them releases it', async () => {
  const engines = createSharedEngines();
  const { seen, ready, start } = createEngine();
  ready.resolve();
  const [first, second] = await Promise.all([engines.lease('a', start, NEVER), engines.lease('a', start, NEVER)]);
  await engines.lease('b', start, NEVER);
  expect(first.engine).toBe(second.engine);
  await first.release();
  await first.release();
  expect(seen).toEqual({ starts: 2, closes: 0 });
  await second.release();
  expect(seen).toEqual({ starts: 2, closes: 1 });
  await engines.lease('a', start, NEVER);
  expect(seen).toEqual({ starts: 3, closes: 1 });
});

it('who stops waiting for an engine leaves the start to those who still wait, and the last one ends it', async () => {
  const engines = createSharedEngines();
  const { seen, ready, start } = createEngine();
  const stop = new AbortController();
  const stopped = engines.lease('a', start, stop.signal);
  const waiting = engines.lease('a', start, NEVER);
  stop.abort(new Error('enough'));
  await expect(stopped).rejects.toThrow('enough');
  ready.resolve();
  await (await waiting).release();
  expect(seen).toEqual({ starts: 1, closes: 1 });

  const unready = createEngine();
  const alone = new AbortController();
  const leased = engines.lease('a', unready.start, alone.signal);
  alone.abort(new Error('enough'));
  await expect(leased).rejects.toThrow('enough');
  expect(unready.seen).toEqual({ starts: 1, closes: 0 });
  await expect(engines.lease('a', unready.start, alone.signal)).rejects.toThrow('enough');
  expect(unready.seen.starts).toBe(1);
});

it('an engine that could not be started is started anew for the next user', async () => {
  const engines = createSharedEngines();
  const broken = createEngine();
  broken.ready.reject(new Error('no room'));
  await expect(engines.lease('a', broken.start, NEVER)).rejects.toThrow('no room');
  const { seen, ready, start } = createEngine();
  ready.resolve();
  await engines.lease('a', start, NEVER);
  expect(seen.starts).toBe(1);
});
