import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startEchoService, type EchoService } from '../secrets/echo-service.ts';
import { runIndexer } from '../support/run-indexer.ts';

/** The program runs twice over 100,000 records, beside other tests. */
const TIMEOUT_MS = 240_000;

const DOCUMENTS = 1_000;
const CHUNKS_PER_DOCUMENT = 100;

/** MiB of objects that the program may have at once, of which it needs some 30 for itself; the records alone would take more. */
const HEAP_MIB = 64;

let folder: string;
let services: EchoService;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-repeated-ids-'));
  services = await startEchoService();
});
afterEach(async () => {
  await services.close();
  rmSync(folder, { recursive: true, force: true });
});

function writeCorpus(fields: object): void {
  const name = 'essays';
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.jsonl', ...fields }));
}

/** Runs the program with every service behind the one that counts. */
async function indexer(...args: string[]) {
  const { exit, stdout, stderr } = await runIndexer(folder, [...args, '--json'], {
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${services.url}/v1`,
    QDRANT_HOST: services.url,
    NEON_POSTGRES_CONNECTION_STRING: 'postgresql://lockstep:lockstep@services.invalid/lockstep',
    NEON_FETCH_ENDPOINT: `${services.url}/sql`,
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
  });
  return { exit, stderr, result: JSON.parse(stdout) as ReturnType<typeof JSON.parse> };
}

it(
  'a run over 100,000 records whose ids count anew in each of 1,000 documents stops before any request, in little memory, and names the fields that make them unique',
  { timeout: TIMEOUT_MS },
  async () => {
    writeCorpus({});
    const lines = Array.from({ length: DOCUMENTS * CHUNKS_PER_DOCUMENT }, (_, at) => {
      const document = Math.floor(at / CHUNKS_PER_DOCUMENT);
      const url = `https://example.org/essay-${document}.html`;
      // Neither the language nor the length tells records of one id apart.
      const text = `Part ${at % CHUNKS_PER_DOCUMENT} of essay ${document}, which is about subject ${at}.`;
      return JSON.stringify({ chunk_id: at % CHUNKS_PER_DOCUMENT, language: 'en', length: text.length, url, text });
    });
    writeFileSync(join(folder, 'essays/chunks.jsonl'), lines.join('\n'));

    const refused = await indexer('run', 'essays');
    expect(refused, refused.stderr.slice(-2_000)).toMatchObject({ exit: 1, result: { ok: false } });
    expect(refused.result.error).toMatchObject({
      code: 'id-not-unique',
      details: { repeated: (DOCUMENTS - 1) * CHUNKS_PER_DOCUMENT, ids: CHUNKS_PER_DOCUMENT },
    });
    expect(refused.result.error.message).toContain('"fields": { "id": ["url","chunk_id"] }');
    expect(services.heard).toEqual([]);

    // As the message says, so that all records are accepted.
    writeCorpus({ fields: { id: ['url', 'chunk_id'] } });
    const validated = await indexer('validate', 'essays');
    expect(validated.result).toMatchObject({ accepted: DOCUMENTS * CHUNKS_PER_DOCUMENT, rejected: 0 });
    expect(services.heard).toEqual([]);
    // A command that asks the services is counted.
    await indexer('doctor');
    expect(services.heard).not.toEqual([]);
  },
);
