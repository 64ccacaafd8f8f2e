import { join } from 'node:path';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { ERROR_CATALOGUE, EXIT } from './error-catalogue.ts';

it('docs/errors.md has every error code with its exit code and advice (vitest -u writes it)', async () => {
  const rows = Object.entries(ERROR_CATALOGUE)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { exit, advice }]) => `| \`${code}\` | ${exit} | ${advice.replaceAll('|', '\\|')} |`);
  const text = [
    '# Errors',
    'Every error that ends a command has a code, which stands in its message and in `--json`. This page is written from',
    '`libs/model/src/error-catalogue.ts`.',
    '',
    '| code | exit | what to do |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
  const page = await format(text, { parser: 'markdown', printWidth: 120 });
  await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../../docs/errors.md'));
});

it('every error code has advice in whole sentences and an exit code other than 0', () => {
  for (const [code, { exit, advice }] of Object.entries(ERROR_CATALOGUE)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(advice).toMatch(/^[A-Z].*\.$/);
    expect(exit).not.toBe(EXIT.done);
  }
});
