import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddingCache, openEmbeddingSlice, type FileSystem } from '@lockstep/embedding-cache';
import { SILENT, type Embedder, type Stage } from '@lockstep/model';
import {
  createProjection,
  DEFAULT_DELETE_LIMIT,
  FILES,
  openCorpus,
  receiptIfThere,
  runCorpus,
  type AllStores,
  type Corpus,
  type EmbedReceipt,
} from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { openKnownEmbeddings } from '@lockstep/indexer/wiring/known-embeddings';
import { createDiskArtifacts } from '@lockstep/indexer/runtime/disk-artifacts';
import { corpusFolder } from '@lockstep/indexer/runtime/state-directory';
import { openTemporaries } from '@lockstep/indexer/runtime/temporaries';

/** The input and the files of a run of a corpus. */
export interface CorpusPlace {
  readonly corpus: string;
  readonly inputPath: string;
  readonly stateDirectory: string;
}

/** The services and files of a corpus. */
export interface FailpointPorts extends AllStores {
  readonly embedder: Embedder;
  readonly files: FileSystem;
}

/** A step of a run: a stage, the plan that a whole run makes before its first write, or the run around all of them. */
export type Step = Stage | 'plan' | 'run';

/** `run`: a whole run, as `indexer run` does it. A stage: only that stage, as a target of a build system calls it. */
export type Part = 'run' | Stage;

/** Chunks in one embedding request, and in one write to a store. */
export const BATCH_ITEMS = 2;

/** Concurrent requests to each service. */
export const CONCURRENCY = 2;

/** How long an append waits for another process, in milliseconds; there is none. */
const LOCK_WAIT_MS = 10_000;

const LEVEL = { level: 'vectors' } as const;

const steps = new AsyncLocalStorage<Step>();

/** The step of the caller, even while two loads run concurrently. */
export function currentStep(): string {
  return steps.getStore() ?? 'none';
}

/** Runs a part for one corpus; returns false if `verify`, at level vectors, finds a difference. */
export async function runPart(place: CorpusPlace, part: Part, ports: FailpointPorts): Promise<boolean> {
  const corpus = withSteps(openPlace(place, ports));
  switch (part) {
    case 'run':
      return (await runCorpus(corpus, { limits: { deletes: DEFAULT_DELETE_LIMIT }, verify: LEVEL })).verify.ok;
    case 'verify':
      return (await corpus.verify(LEVEL)).ok;
    case 'validate':
      await corpus.validate();
      return true;
    case 'provision':
      await corpus.provision({ deleteLimit: DEFAULT_DELETE_LIMIT });
      return true;
    case 'embed':
      await corpus.embed();
      return true;
    case 'load-qdrant':
      await corpus.loadQdrant();
      return true;
    case 'load-neon':
      await corpus.loadNeon();
      return true;
  }
}

function openPlace({ corpus, inputPath, stateDirectory }: CorpusPlace, ports: FailpointPorts): Corpus {
  const { embedder, vectors, rows, ledger, files } = ports;
  const { identity } = embedder;
  const { model, dimensions } = identity;
  const folder = corpusFolder(stateDirectory, corpus);
  const temporaries = openTemporaries(folder, files);
  const artifacts = createDiskArtifacts(folder, temporaries, files);
  const slicePath = join(folder, FILES.slice);
  const cachePath = join(stateDirectory, 'cache', `${model}.jsonl`);
  return openCorpus({
    settings: {
      name: corpus,
      projection: createProjection({ corpus, model, fields: ['chapter_title'] }),
      identity,
      deletes: 'full',
      batchItems: { embed: BATCH_ITEMS, qdrant: BATCH_ITEMS, neon: BATCH_ITEMS },
      concurrency: { embed: CONCURRENCY, load: CONCURRENCY },
    },
    ports: {
      input: (read) => read([{ name: inputPath, bytes: createReadStream(inputPath) }]),
      embedder: async () => embedder,
      vectors: async () => vectors,
      rows: async () => rows,
      ledger: async () => ledger,
      cache: () =>
        openEmbeddingCache({
          path: cachePath,
          slicePath,
          temporaryPath: temporaries.path(),
          dimensions,
          lockWaitMs: LOCK_WAIT_MS,
          files,
        }),
      slice: async () => openEmbeddingSlice({ path: slicePath, dimensions }),
      known: async () =>
        openKnownEmbeddings({
          cachePath,
          slicePath,
          dimensions,
          embedded: await receiptIfThere<EmbedReceipt>(artifacts, FILES.embedReceipt),
        }),
    },
    artifacts,
    clock: SYSTEM_CLOCK,
    report: () => ({ logger: SILENT }),
    newId: randomUUID,
  });
}

/** The same corpus, with the current step known to the calls that it makes. */
function withSteps(corpus: Corpus): Corpus {
  return {
    ...corpus,
    asRun: (work) => steps.run('run', () => corpus.asRun(work)),
    validate: (options) => steps.run('validate', () => corpus.validate(options)),
    plan: (options) => steps.run('plan', () => corpus.plan(options)),
    provision: (options) => steps.run('provision', () => corpus.provision(options)),
    embed: (options) => steps.run('embed', () => corpus.embed(options)),
    loadQdrant: (options) => steps.run('load-qdrant', () => corpus.loadQdrant(options)),
    loadNeon: () => steps.run('load-neon', () => corpus.loadNeon()),
    verify: (options) => steps.run('verify', () => corpus.verify(options)),
  };
}
