import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { COMMANDS } from '@lockstep/indexer/commands';
import { createPostgresNeon, createStubOpenAiHandler, forwardTo, startFaultyServices } from '@lockstep/testing-faults';
import { createDatabase } from '@lockstep/testing-postgres';
import { format } from 'prettier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIndexer } from '../support/run-indexer.ts';
import { closed, resultsSchema } from './results-schema.ts';

const DIMENSIONS = 8;
const SCHEMA = resultsSchema();

it('docs/results.schema.json describes the types of the results (vitest -u writes it)', async () => {
  const text = await format(JSON.stringify(SCHEMA), {
    parser: 'json',
    printWidth: 120,
  });
  await expect(text).toMatchFileSnapshot(resolve(import.meta.dirname, '../../../../docs/results.schema.json'));
});

describe('what each command prints with --json', () => {
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  let ajv: Ajv;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-results-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'nx.json'), '{}');
    for (const name of ['books', 'notes']) {
      mkdirSync(join(folder, name));
      const records = [
        { id: 'a', text: `Alpha of ${name}`, document_id: 'd', lang: 'en' },
        { id: 'b', text: 'Beta' },
      ];
      writeFileSync(join(folder, name, 'chunks.json'), JSON.stringify([...records, { id: 'bad' }]));
      const config = { name, input: 'chunks.json', dimensions: DIMENSIONS };
      writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify(config));
    }
    writeFileSync(join(folder, 'books', 'questions.json'), '[{"question":"Which is first?","relevant":["a","gone"]}]');
    writeFileSync(join(folder, 'new.json'), '[{"id":"x","text":"New"}]');
    const database = await createDatabase();
    cleanups.push(() => database.drop());
    const sql = createPostgresNeon(database);
    cleanups.push(() => sql.close());
    const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    cleanups.push(() => qdrant.close());
    const services = await startFaultyServices({
      handlers: {
        openai: createStubOpenAiHandler({ dimensions: DIMENSIONS }),
        qdrant: forwardTo(qdrant.url),
        neon: sql.handler,
      },
      script: {},
    });
    cleanups.push(() => services.close());
    ({ environment } = services);
    // Nothing may be printed that is not described.
    ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema(closed(SCHEMA) as AnySchemaObject, 'results');
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  const tried = new Set<string>();

  async function check(name: string, ...args: string[]): Promise<void> {
    const words = [...(name === 'failed' ? [] : name.split(' ')), ...args, '--json'];
    const indexer = startIndexer(folder, words, environment);
    if (name === 'serve') void indexer.firstLine.then(() => indexer.interrupt());
    const { exit, stdout, stderr } = await indexer.ended;
    const result = JSON.parse(stdout) as { readonly ok: boolean };
    const pointer = name.replaceAll(' ', '%20');
    const validate = ajv.getSchema(`results#/definitions/Results/properties/${pointer}`) as ValidateFunction;
    validate(result);
    const shown = `${words.join(' ')}\n${stdout}${stderr}`;
    expect(validate.errors ?? [], shown).toEqual([]);
    expect(result, shown).toMatchObject({ schemaVersion: 1, ok: exit === 0 });
    tried.add(name);
  }

  it('is described by the schema, in every form that it has', async () => {
    const price = ['--price', '0.02'];
    for (const [name, ...args] of [
      ['inspect', 'books/chunks.json', '--text', 'text'],
      ['init', 'new.json', '--dry-run'],
      ['doctor'],
      ['runtime', 'books/corpus.json'],
      ['plan', 'books', ...price],
      ['plan', 'books', '--only', 'embed'],
      ['plan', 'books', '--max-cost', '0', ...price],
      ['plan', '--all', ...price],
      ['summary'],
      ['validate', 'books'],
      ['embed', 'books'],
      ['provision', 'books'],
      ['load-qdrant', 'books'],
      ['load-neon', 'books'],
      ['verify', 'books', '--level', 'vectors'],
      ['run', 'notes', '--only', 'embed'],
      ['run', '--all'],
      ['run', 'books'],
      ['verify', '--all'],
      ['status'],
      ['summary'],
      ['report'],
      ['search', 'Alpha', '--dimensions', String(DIMENSIONS)],
      ['evaluate', 'books'],
      ['evaluate', 'books', '--compare', 'last'],
      ['evaluate', 'books', '--compare', 'last,last'],
      ['cache recover', 'books'],
      ['cache repair', 'books'],
      ['repair', 'books', '--dry-run'],
      ['repair', 'books'],
      ['repair', '--all'],
      ['rename', 'notes', 'memos', '--dry-run'],
      ['rename', 'notes', 'memos', '--yes'],
      ['serve', '--port', '0'],
      ['drop', 'memos', '--yes'],
      ['drop', 'memos', '--yes'],
      ['failed', 'verify', 'notes'],
      ['status'],
      ['failed', 'run', 'missing.json'],
    ] as const) {
      await check(name, ...args);
    }
    const named = COMMANDS.map(({ name }) => name).filter((name) => name !== 'completion');
    expect([...tried].toSorted()).toEqual([...named, 'failed'].toSorted());
  }, 240_000);
});
