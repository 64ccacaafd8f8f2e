import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbeddingCache, openEmbeddingSlice, type FileSystem } from '@lockstep/embedding-cache';
import {
  SILENT,
  type Clock,
  type Embedder,
  type EmbeddingSlice,
  type Ledger,
  type RowStore,
  type Stage,
  type VectorStore,
} from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  embed,
  endRun,
  FILES,
  loadNeon,
  loadQdrant,
  provision,
  validate,
  verify,
  type StageContext,
} from '@lockstep/pipeline';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { openTemporaries } from '../runtime/temporaries.ts';

/** Where the run of a corpus takes its input from and keeps its files. */
export interface CorpusPlace {
  readonly corpus: string;
  readonly inputPath: string;
  readonly stateDirectory: string;
}

/** What a stage works with. */
export interface StagePorts {
  readonly embedder: Embedder;
  readonly vectors: VectorStore;
  readonly rows: RowStore;
  readonly ledger: Ledger;
  readonly files: FileSystem;
}

/** Chunks in one embedding request, and in one write to a store. */
export const BATCH_ITEMS = 2;

/** Requests under way at once, to each service. */
export const CONCURRENCY = 2;

/** How long an append waits for another process, in milliseconds; nobody else writes here. */
const LOCK_WAIT_MS = 10_000;

const CLOCK: Clock = { now: Date.now, sleep: (ms) => sleep(ms) };

/** In the order in which they run. */
export const STAGES = ['validate', 'provision', 'embed', 'load-qdrant', 'load-neon', 'verify'] as const;

/**
 * Stages of one corpus, wired as the command line wires them, one after the other; `verify` goes down to every vector.
 * False where it finds a difference.
 */
export async function runStages(
  { corpus, inputPath, stateDirectory }: CorpusPlace,
  stages: readonly Stage[],
  portsOf: (stage: Stage) => StagePorts,
): Promise<boolean> {
  const folder = corpusFolder(stateDirectory, corpus);
  const first = portsOf(stages[0] ?? 'validate');
  const { identity } = first.embedder;
  const { model, dimensions } = identity;
  const temporaries = openTemporaries(folder, first.files);
  const projection = createProjection({ corpus, model, fields: ['chapter_title'] });
  const slicePath = join(folder, FILES.slice);
  const choices = { deletes: 'full', batchItems: BATCH_ITEMS, concurrency: CONCURRENCY } as const;

  const programs: Readonly<Record<Stage, (context: StageContext, ports: StagePorts) => Promise<unknown>>> = {
    validate: (context, { embedder }) =>
      validate(context, {
        input: { name: inputPath, bytes: createReadStream(inputPath) },
        identity,
        inputTokensMax: embedder.inputTokensMax,
        tokensOver: (text) => embedder.tokensOver(text),
        strict: false,
      }),
    provision: (context, { vectors, rows, ledger }) =>
      provision(context, {
        runId: randomUUID(),
        ...{ vectors, rows, ledger, projection, dimensions },
        deletes: choices.deletes,
        deleteLimit: DEFAULT_DELETE_LIMIT,
        nonce: randomUUID,
      }),
    async embed(context, { embedder, files }) {
      const cache = await openEmbeddingCache({
        path: join(stateDirectory, 'cache', `${model}.jsonl`),
        slicePath,
        temporaryPath: temporaries.path(),
        dimensions,
        lockWaitMs: LOCK_WAIT_MS,
        files,
      });
      try {
        await embed(context, { embedder, cache, ...choices });
      } finally {
        await cache.close();
      }
    },
    'load-qdrant': (context, { vectors, ledger }) =>
      withSlice((slice) => loadQdrant(context, { vectors, slice, projection, ledger, ...choices })),
    'load-neon': (context, { rows, ledger }) => loadNeon(context, { rows, ledger, ...choices }),
    verify: (context, { vectors, rows, ledger }) =>
      withSlice(async (slice) => {
        const looked = { vectors, rows, ledger, slice, projection, deletes: choices.deletes };
        const verified = await verify(context, { ...looked, level: 'vectors', vectorsEvery: 1 });
        await endRun(context, ledger, { verified });
        ok = verified.ok;
      }),
  };

  async function withSlice(run: (slice: EmbeddingSlice) => Promise<unknown>): Promise<void> {
    const slice = openEmbeddingSlice({ path: slicePath, dimensions });
    try {
      await run(slice);
    } finally {
      await slice.close();
    }
  }

  let ok = true;
  for (const stage of stages) {
    const ports = portsOf(stage);
    const artifacts = createDiskArtifacts(folder, temporaries, ports.files);
    await programs[stage]({ corpus, artifacts, clock: CLOCK, logger: SILENT }, ports);
  }
  return ok;
}
