import type { InstalledRuntimes } from '../install-runtimes.ts';
import { startServices } from '../start-services.ts';
import { childOf, forgetPeak, usageOf } from './process-usage.ts';
import { startEdge } from './start-edge.ts';

/** What puts of changed chunks took in workerd. */
export interface EdgeMeasure {
  readonly chunks: number;
  readonly requests: number;
  /** User and system time of workerd's process, in milliseconds: for all puts, and for its start with a first put. */
  readonly cpuMs: number;
  readonly startCpuMs: number;
  readonly wallMs: number;
  /** Resident memory of workerd's process, in 10^6 bytes: after its start, and at most. */
  readonly startMb: number;
  readonly peakMb: number;
  /** The most after a put that is no file: what the limit of a Worker is about, since the program is not in it. */
  readonly ownMb: number;
  /** Whether the stores agree at the end. */
  readonly inStep: boolean;
}

/** Chunks of one request. */
const BATCH = 100;
const DIMENSIONS = 1536;
/** Without a limit V8 leaves garbage where it is; a Worker has one of 128 MB for all its memory, and this is far below. */
const HEAP_FLAGS = '--max-old-space-size=24 --max-semi-space-size=2';
const TEXT = 'The whale, the sea and the ship were one to those who saw them from the hill that day. ';

/** About 800 characters, another text for each version. */
const chunkOf = (at: number, version: number) => ({
  id: `chunk-${at}`,
  text: `Version ${version} of chunk ${at}. ${TEXT.repeat(9)}`,
  page_number: at,
  metadata: { source: `file-${at % 7}` },
});

/**
 * Puts chunks, and puts all of them again with other texts; measures the second time, as the kernel counts workerd's process.
 * The services are outside of it: a stub of OpenAI, the embedded Qdrant and a Postgres. Needs Linux.
 */
export async function measureEdge(runtimes: InstalledRuntimes, chunks: number): Promise<EdgeMeasure> {
  // Read by miniflare when it starts workerd.
  process.env['MINIFLARE_WORKERD_V8_FLAGS'] = HEAP_FLAGS;
  await using services = await startServices({ dimensions: DIMENSIONS });
  const edge = await startEdge(runtimes, services, { dimensions: DIMENSIONS, deadlineSeconds: '60' });
  try {
    const pid = childOf('workerd');
    const put = async (from: number, version: number): Promise<void> => {
      const length = Math.min(BATCH, chunks - from);
      const body = { corpus: 'bench', chunks: Array.from({ length }, (_, at) => chunkOf(from + at, version)) };
      const { status, embedded, error } = await edge.ask('/chunks', 'POST', body);
      if (status === 200 && embedded === length) return;
      throw new Error(`a put was answered with ${status}, ${String(embedded)} embedded: ${JSON.stringify(error)}`);
    };
    await put(0, 1);
    const started = usageOf(pid);
    for (let from = BATCH; from < chunks; from += BATCH) await put(from, 1);
    forgetPeak(pid);
    const before = usageOf(pid);
    const startedAt = performance.now();
    let ownMb = 0;
    for (let from = 0; from < chunks; from += BATCH) {
      await put(from, 2);
      ownMb = Math.max(ownMb, usageOf(pid).ownMb);
    }
    const wallMs = performance.now() - startedAt;
    const after = usageOf(pid);
    return {
      chunks,
      requests: Math.ceil(chunks / BATCH),
      cpuMs: after.cpuMs - before.cpuMs,
      startCpuMs: started.cpuMs,
      wallMs,
      startMb: started.memoryMb,
      peakMb: after.peakMb,
      ownMb,
      inStep: (await compared()) === chunks,
    };

    async function compared(): Promise<number> {
      let [sum, cursor] = [0, ''];
      for (;;) {
        const slice = await edge.ask(`/verify?corpus=bench${cursor}`);
        if (slice['ok'] !== true) return -1;
        sum += Number(slice['compared']);
        if (slice['cursor'] === null) return sum;
        cursor = `&cursor=${String(slice['cursor'])}`;
      }
    }
  } finally {
    await edge.stop();
    delete process.env['MINIFLARE_WORKERD_V8_FLAGS'];
  }
}
