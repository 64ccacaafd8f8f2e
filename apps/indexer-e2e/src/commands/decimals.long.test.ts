import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer } from '../support/run-indexer.ts';

const parse = (stdout: string) => JSON.parse(stdout) as ReturnType<typeof JSON.parse>;

/** All chunks have one text, so that one is embedded. */
const CHUNKS = Array.from({ length: 1_000 }, (_, index) => ({
  id: `chunk-${index}`,
  text: 'The same sentence in every chunk.',
  metadata: { score: Math.sin(index + 1) / 7, parts: { share: 1 / (index + 2) }, none: -0 },
}));

let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'lockstep-decimals-'));
  writeFileSync(join(workspace, 'nx.json'), '{}');
  mkdirSync(join(workspace, 'scores'));
  const config = { name: 'scores', input: 'chunks.json', payload: ['score', 'parts.share', 'none'] };
  writeFileSync(join(workspace, 'scores/corpus.json'), JSON.stringify(config));
  writeFileSync(join(workspace, 'scores/chunks.json'), JSON.stringify(CHUNKS));
});
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

async function json(...args: string[]) {
  const { exit, stdout, stderr } = await runIndexer(workspace, [...args, '--json']);
  expect(exit, `${stdout}${stderr}`).toBe(0);
  return parse(stdout);
}

describe('decimals in payloads, which Qdrant rounds in their last places', () => {
  it(
    '1,000 chunks are in step at every level, and neither a second run nor a repair writes anything',
    { timeout: 120_000 },
    async () => {
      await json('run', 'scores');
      for (const level of ['counts', 'ids', 'content', 'vectors']) {
        expect(await json('verify', 'scores', '--level', level), level).toMatchObject({
          ok: true,
          counts: { qdrant: 1_000 },
        });
      }
      const plan = await json('plan', 'scores');
      expect(plan.stores.qdrant.plan).toMatchObject({ add: 0, change: 0, delete: 0, unchanged: 1_000 });
      const repaired = await json('repair', 'scores');
      expect(repaired).toMatchObject({ ok: true });
      const again = await json('run', 'scores');
      expect(JSON.stringify(again)).not.toMatch(/"written":[1-9]/);
      expect(JSON.stringify(repaired)).not.toMatch(/"written":[1-9]/);
      const renamed = await json('rename', 'scores', 'points', '--yes');
      expect(renamed).toMatchObject({ ok: true });
    },
  );
});
