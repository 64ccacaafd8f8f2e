import { expect, it } from 'vitest';
import { argsOf, parseFlags, resolveFlags } from './parse-flags.ts';
import { rejectsLimit } from './run-limits.ts';

it.each([
  ['undefined, which is the default of embed, without a flag', {}, undefined],
  ['0 with --strict', { strict: true }, 0],
  ['3 with --max-rejects 3', { 'max-rejects': '3' }, 3],
  ['3 with --max-rejects 3 and --strict', { strict: true, 'max-rejects': '3' }, 3],
  ['0 with --max-rejects 0', { 'max-rejects': '0' }, 0],
])('the limit of texts that the service may refuse is %s', (_what, typed, limit) => {
  const flags = parseFlags({ _: [], strict: false, ...typed }, argsOf(['max-rejects', 'strict']));
  expect(rejectsLimit(resolveFlags(flags, {}))).toBe(limit);
});
