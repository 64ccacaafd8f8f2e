import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIndexer } from '../support/run-indexer.ts';

const EARLIER = resolve(import.meta.dirname, '../../../../fixtures/earlier-version/embedded');

const parse = (stdout: string) => JSON.parse(stdout) as ReturnType<typeof JSON.parse>;

/** A test embeds some two thousand tokens, and starts the program several times. */
const TIMEOUT_MS = 240_000;

let workspace: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'lockstep-long-'));
  writeFileSync(join(workspace, 'nx.json'), '{}');
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

/** Runs the command line, and gives what it printed. */
async function indexer(...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await runIndexer(workspace, args);
  expect(exit, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

function writeCorpus(name: string, config: object): void {
  mkdirSync(join(workspace, name), { recursive: true });
  writeFileSync(join(workspace, name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.json', ...config }));
}

describe('a text of more tokens than the embedded model reads', { timeout: TIMEOUT_MS }, () => {
  const GARDEN = [
    'The rows of beans need water every evening in a dry summer.',
    'Compost is turned twice a month, and spread before the first frost.',
    'Slugs come out after rain, and a board laid on the soil collects them.',
    'Tomatoes are tied to their stakes with a loose knot.',
  ];
  const WEEKS = Array.from({ length: 16 }, (_, at) => `Week ${at + 1}. ${GARDEN.join(' ')}`).join(' ');
  const LAMP = 'The lighthouse keeper repaired the lamp, and ships found the harbour again. '.repeat(8);
  const DOUGH = 'The baker kneads the dough, and lets it rise for an hour before it goes into the oven. '.repeat(8);
  const CHUNKS = [
    { id: 'lamp', text: `${WEEKS} ${LAMP}` },
    { id: 'dough', text: `${WEEKS} ${DOUGH}` },
    { id: 'short', text: GARDEN[0] },
  ];

  it('is embedded whole by default: searches tell two by their ends alone, and a second run pays for nothing', async () => {
    writeCorpus('garden', {});
    writeFileSync(join(workspace, 'garden/chunks.json'), JSON.stringify(CHUNKS));
    const planned = parse(await indexer('plan', 'garden', '--json'));
    expect(planned.overlong).toMatchObject({ mode: 'windows', because: 'new', inputTokensMax: 256, records: 2 });
    expect(planned.overlong.tokens).toBeGreaterThan(2_000);
    // The windows that both have are paid for once.
    expect(planned.embedding.tokens).toBeLessThan(planned.overlong.tokens);
    expect(planned.embedding).toMatchObject({ texts: 3, cost: 0 });

    const run = parse(await indexer('run', 'garden', '--level', 'vectors', '--json'));
    expect(run.validate).toMatchObject({ accepted: 3, rejected: 0 });
    expect(run.embed).toMatchObject({ texts: 3, embedded: 3, tokens: planned.embedding.tokens });
    expect(run.verify).toMatchObject({ ok: true, level: 'vectors', counts: { qdrant: 3, neon: 3 } });
    for (const [question, id] of [
      ['Who repaired the lamp for the ships?', 'lamp'],
      ['How long does the dough rise?', 'dough'],
    ] as const) {
      expect(await indexer('search', question, '--limit', '1', '--json')).toContain(`"${id}"`);
    }

    const again = await indexer('plan', 'garden');
    expect(again).toMatch(
      /too long   2 texts have more than 256 tokens, and are embedded whole: \d+ windows, \d+ tokens/,
    );
    expect(again).toMatch(/embed +0 texts, 0 tokens/);
    expect(parse(await indexer('runtime', 'garden'))).toMatchObject({ overlong: 'windows' });
    // By their beginnings they are one text.
    const other = parse(await indexer('plan', 'garden', '--overlong', 'truncate', '--json'));
    expect(other).toMatchObject({
      embedding: { texts: 1 },
      stores: { qdrant: { plan: { change: 2, add: 0, delete: 0 } } },
    });
  });

  it('is rejected with the other choices where corpus.json says so', async () => {
    writeCorpus('garden', { overlong: 'reject', maxRejectedPercent: 100 });
    writeFileSync(join(workspace, 'garden/chunks.json'), JSON.stringify(CHUNKS));
    expect(await indexer('validate', 'garden')).toMatch(/rejected; set "overlong": "windows" in corpus.json .* free/);
    const rejects = readFileSync(join(workspace, '.lockstep/garden/validate/rejects.jsonl'), 'utf8');
    expect(rejects).toMatch(/too-long.*at most 256 tokens.*windows.*truncate/);
  });
});

it(
  'a corpus that an earlier version loaded rejects long texts as that did, until its corpus.json says otherwise',
  { timeout: TIMEOUT_MS },
  async () => {
    cpSync(join(EARLIER, 'state'), join(workspace, '.lockstep'), { recursive: true });
    const { overlong: _stated, ...config } = parse(readFileSync(join(EARLIER, 'settings.json'), 'utf8'));
    writeCorpus('books', config);
    cpSync(join(EARLIER, 'chunks.jsonl'), join(workspace, 'books/chunks.jsonl'));
    const db = await PGlite.create({ dataDir: `file://${join(workspace, '.lockstep/postgres')}` });
    await db.exec(readFileSync(join(EARLIER, 'postgres.sql'), 'utf8'));
    await db.close();

    expect(parse(await indexer('runtime', 'books'))).toMatchObject({ overlong: 'reject' });
    expect(await indexer('plan', 'books')).toMatch(
      /1 text has more than 256 tokens, and is rejected, since this corpus was loaded so; set "overlong": "windows" in corpus.json to embed them whole: \d+ windows, \d+ tokens, free/,
    );
    // Its version in the stores stays, as it did.
    expect(parse(await indexer('plan', 'books', '--json'))).toMatchObject({
      embedding: { texts: 0, tokens: 0 },
      stores: { neon: { plan: { add: 0, change: 0, delete: 0, held: 2 } } },
    });
    const run = parse(await indexer('run', 'books', '--json'));
    expect(run.validate).toMatchObject({ rejected: 2, overlong: { mode: 'reject', because: 'loaded' } });
    expect(parse(await indexer('status', '--json')).runs[0]).toMatchObject({ overlong: 'reject' });

    writeCorpus('books', { ...config, overlong: 'windows' });
    const planned = parse(await indexer('plan', 'books', '--json'));
    expect(planned).toMatchObject({
      embedding: { texts: 1 },
      overlong: { mode: 'windows', because: 'stated', records: 1 },
    });
    expect(planned.embedding.tokens).toBe(planned.overlong.tokens);
    const loaded = parse(await indexer('run', 'books', '--level', 'vectors', '--json'));
    expect(loaded.embed).toMatchObject({ embedded: 1, tokens: planned.embedding.tokens });
    expect(loaded.verify.ok).toBe(true);
  },
);
