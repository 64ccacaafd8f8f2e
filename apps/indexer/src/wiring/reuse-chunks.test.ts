import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OverlongMode } from '@lockstep/model';
import { FILES, type CorpusPorts } from '@lockstep/pipeline';
import { createStubEmbedder } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { withInputFiles } from '../runtime/input-file.ts';
import { openTemporaries } from '../runtime/temporaries.ts';
import { reuseChunks, type ReuseOptions } from './reuse-chunks.ts';

const NEVER = new AbortController().signal;
const embedder = createStubEmbedder();

let folder: string;
let options: ReuseOptions;
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-reuse-'));
  writeFileSync(
    at('chunks.json'),
    JSON.stringify([
      { id: 'a', text: 'one' },
      { id: 'b', text: 7 },
    ]),
  );
  options = {
    from: at('corpus'),
    into: at('corpus/tmp/plan'),
    temporaries: openTemporaries(at('corpus')),
    input: async () => [{ path: at('chunks.json'), name: 'chunks.json' }],
    embedder,
    overlong: async () => ({ mode: 'reject', because: 'stated' }),
    fields: {},
    signal: NEVER,
  };
  await makeChunks();
});
afterEach(() => rmSync(folder, { recursive: true }));

let runs = 0;

/** Runs `validate` as the command does. */
async function makeChunks(): Promise<void> {
  runs += 1;
  const startedAt = Date.UTC(2026, 0, runs);
  const { from, temporaries, input } = options;
  const clock = { now: () => startedAt, sleep: () => Promise.resolve() };
  const ports: Partial<CorpusPorts> = {
    input: async (read) => withInputFiles(await input(), NEVER, read),
    embedder: async () => embedder,
  };
  await createCorpusRig({ embedder, clock, artifacts: createDiskArtifacts(from, temporaries), ports })
    .open([])
    .validate();
}

const reusedFile = (name: string) => readFileSync(join(options.into, name), 'utf8');

it('chunks of the same bytes are reused, and stay the same when the original files are replaced', async () => {
  expect(await reuseChunks(options)).toMatchObject({ accepted: 1, rejected: 1 });
  writeFileSync(at('chunks.json'), JSON.stringify([{ id: 'a', text: 'two' }]));
  await makeChunks();
  expect(reusedFile(FILES.chunks)).toContain('"one"');
  expect(reusedFile(FILES.held)).toContain('"b"');
  expect(reusedFile(FILES.rejects)).toContain('"b"');
});

it.each<[string, () => Partial<ReuseOptions> | void]>([
  ['the input has one byte more', () => appendFileSync(at('chunks.json'), '\n')],
  [
    'the model is a different one',
    () => ({ embedder: { ...embedder, identity: { ...embedder.identity, model: 'other' } } }),
  ],
  ['a text may have more tokens', () => ({ embedder: { ...embedder, inputTokensMax: 1_000_000 } })],
  ['the chunks are gone', () => rmSync(join(options.from, FILES.chunks))],
  ['the receipt is damaged', () => writeFileSync(join(options.from, FILES.validateReceipt), '{')],
  ['validate did not finish', () => rmSync(join(options.from, FILES.validateReceipt))],
])('chunks are not reused when %s', async (_what, change) => {
  expect(await reuseChunks({ ...options, ...change() })).toBeUndefined();
});

it('chunks of long texts are reused if the same becomes of them, which is asked only if there are some', async () => {
  const asked = (mode: OverlongMode) => vi.fn(async () => ({ mode, because: 'loaded' as const }));
  const unasked = asked('truncate');
  expect(await reuseChunks({ ...options, overlong: unasked })).toMatchObject({ overlong: null });
  expect(unasked).not.toHaveBeenCalled();
  // A rig's corpus is new to its ledger, so that its long texts become windows.
  writeFileSync(at('chunks.json'), JSON.stringify([{ id: 'long', text: 'word '.repeat(300) }]));
  await makeChunks();
  expect(await reuseChunks({ ...options, into: at('other'), overlong: asked('truncate') })).toBeUndefined();
  const reused = await reuseChunks({ ...options, into: at('same'), overlong: asked('windows') });
  expect(reused).toMatchObject({ overlong: { mode: 'windows', because: 'new', records: 1 } });
});

it('chunks are not reused when another run replaces them at the same time', async () => {
  const embedderOfSlowRun = {
    inputTokensMax: embedder.inputTokensMax,
    // Read after the receipt is first read and before the files are linked.
    get identity() {
      const receipt = join(options.from, FILES.validateReceipt);
      if (existsSync(receipt)) {
        const made = JSON.parse(readFileSync(receipt, 'utf8')) as object;
        writeFileSync(receipt, JSON.stringify({ ...made, startedAt: '2026-11-21T00:00:00.000Z' }));
      }
      return embedder.identity;
    },
  };
  expect(await reuseChunks({ ...options, embedder: embedderOfSlowRun })).toBeUndefined();
});
