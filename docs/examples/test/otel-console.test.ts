import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INDEXER, loadIndex, type LoadedIndex } from './loaded-index.ts';
import { RECORDS } from './records.ts';

let index: LoadedIndex;
beforeAll(async () => {
  index = await loadIndex('books', RECORDS);
});
afterAll(() => index[Symbol.asyncDispose]());

it('the console exporter prints the spans of a run in one trace, and its metrics', async () => {
  const file = await index.writeRecords('notes.json', [{ id: 'a', text: 'Thar she blows!' }]);
  const preloaded = pathToFileURL(resolve(import.meta.dirname, '../otel-console.mjs')).href;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [INDEXER, 'run', file, '--corpus', 'notes', '--price', '0.02'],
    { cwd: index.folder, env: { ...index.environment, NODE_OPTIONS: `--import ${preloaded}` } },
  );
  expect(stderr).not.toContain('telemetry');
  const names = [...stdout.matchAll(/^ {2}name: '([^']+)',$/gm)].map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      ...[
        'lockstep run',
        'run',
        'stage validate',
        'stage embed',
        'stage load-qdrant',
        'stage load-neon',
        'stage verify',
      ],
      ...['embeddings text-embedding-3-small', 'request openai', 'upsert_points book_vectors', 'request qdrant'],
      ...['SELECT DELETE INSERT rag_metadata', 'request neon'],
    ]),
  );
  expect(new Set([...stdout.matchAll(/^ {2}traceId: '(\w+)',$/gm)].map(([, id]) => id)).size).toBe(1);
  expect(stdout).toContain("'gen_ai.embeddings.dimension.count': 1536");
  expect(stdout).toMatch(/name: 'gen_ai\.client\.token\.usage'/);
  expect(stdout).toMatch(/name: 'lockstep\.chunks'/);
  expect(stdout).not.toContain('Thar she blows');
});
