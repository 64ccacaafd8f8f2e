import { expect, it } from 'vitest';
import { engineFailure, engineReason, isDiskFailure } from './engine-error.ts';

/** As an engine in WebAssembly throws it: no `Error`. */
const errnoOf = (errno: number) => ({ name: 'ErrnoError', errno });

it.each<[thrown: unknown, reason: string, isDisk: boolean]>([
  [errnoOf(51), 'no space is left on the disk (ENOSPC)', true],
  [errnoOf(69), 'the file system is read-only (EROFS)', true],
  [errnoOf(22), 'EFBIG', true],
  [errnoOf(1000), 'errno 1000', false],
  [
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
    'ENOSPC: no space left on device, write',
    true,
  ],
  [
    Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 }),
    'database or disk is full',
    true,
  ],
  [Object.assign(new Error('no such table'), { code: 'ERR_SQLITE_ERROR', errcode: 1 }), 'no such table', false],
  [
    { name: 'ExitStatus', message: 'Program terminated with exit(1)', status: 1 },
    'Program terminated with exit(1)',
    false,
  ],
  ['a text', 'a text', false],
  [{}, 'for no reason that it told', false],
  [undefined, 'for no reason that it told', false],
])('of %j the reason is %j', (thrown, reason, isDisk) => {
  expect(engineReason(thrown)).toBe(reason);
  expect(isDiskFailure(thrown)).toBe(isDisk);
  expect(engineFailure('The engine failed', thrown)).toMatchObject({
    code: isDisk ? 'disk-failed' : 'engine-failed',
    disposition: 'abort',
    message: `The engine failed: ${reason}.`,
  });
});
