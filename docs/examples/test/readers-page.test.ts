import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadIndex, type LoadedIndex } from './loaded-index.ts';
import { RECORDS } from './records.ts';

/** In the folder of the examples, since imports are resolved from where a file is; git ignores it. */
const WRITTEN = resolve(import.meta.dirname, '../out-tsc/readers-page');

let index: LoadedIndex;
beforeAll(async () => {
  index = await loadIndex('my-docs', RECORDS);
});
afterAll(() => index[Symbol.asyncDispose]());

/** The blocks of code of a language in docs/readers.md. */
function blocks(language: string): string[] {
  const page = readFileSync(resolve(import.meta.dirname, '../../readers.md'), 'utf8');
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);
}

it('the TypeScript of the page on readers finds chunks', async () => {
  const [block = ''] = blocks('ts');
  mkdirSync(WRITTEN, { recursive: true });
  writeFileSync(join(WRITTEN, 'search.ts'), block.replace('Who is Ishmael?', 'Call me Ishmael.'));
  const { QDRANT_API_KEY: _none, ...env } = index.environment;
  const { stdout } = await promisify(execFile)(process.execPath, [join(WRITTEN, 'search.ts')], { env });
  expect(stdout).toMatch(/^1\.000 a Call me Ishmael\.\n\S+ [bc] The .*\n$/);
});

it('the statements of the page on readers find rows', async () => {
  const ids = await index.query('select point_id, content_hash from rag_metadata order by chunk_id');
  const [joined, document, metadata, runs, ...others] = blocks('sql');
  expect(others).toEqual([]);
  const chunkIds = async (text = '', ...parameters: string[]) =>
    (await index.query(text, ...parameters)).map((row) => row['chunk_id']);

  const list = (values: unknown[]) => `{${values.join(',')}}`;
  const points = list(ids.map(({ point_id }) => point_id));
  const hashes = list(ids.map(({ content_hash }, at) => (at === 1 ? 'of another version' : content_hash)));
  expect((await chunkIds(joined, points, hashes)).toSorted()).toEqual(['a', 'c']);
  expect(await chunkIds(document, 'my-docs', 'moby-dick')).toEqual(['a', 'b', 'c']);
  expect(await chunkIds(metadata, 'my-docs', '{"mood": "wet"}')).toEqual(['a']);
  expect(await index.query(runs ?? '', 'my-docs')).toMatchObject([
    { kind: 'load', outcome: 'done', points_written: '3' },
  ]);
});
