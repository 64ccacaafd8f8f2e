import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoublesProcess, RequestCounts } from './doubles-process.ts';

/** What one process used, from its start to its end. */
export interface Measure {
  readonly name: string;
  /** User and system time of all its threads, in milliseconds. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Largest resident memory, in 10^6 bytes. */
  readonly peakMb: number;
  readonly requests: RequestCounts;
  /** What it printed on stdout. */
  readonly stdout: string;
}

export interface MeasureOptions {
  readonly doubles: DoublesProcess;
  /** Where it runs, and where its files of measurement go. */
  readonly folder: string;
  /** Folder for a CPU profile of each process; none where it is left out. */
  readonly profiles?: string | undefined;
  /** Connection string of a Postgres server, in place of the Neon double. */
  readonly postgres?: string;
}

/** Runs Node on `args` and measures it. Fails, with what it wrote on stderr, if it does not end with 0. */
export async function measure(name: string, args: readonly string[], options: MeasureOptions): Promise<Measure> {
  const { doubles, folder, profiles, postgres } = options;
  const usageFile = join(folder, 'usage.json');
  const profile = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, name)}`];
  await doubles.takeCounts();
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [...profile, '--import', new URL('./report-usage.js', import.meta.url).href, ...args],
    {
      cwd: folder,
      env: { ...environmentOf(doubles, usageFile), ...rowsOf(doubles, postgres) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => stdout.push(part));
  child.stderr.on('data', (part: Buffer) => stderr.push(part));
  const [code] = (await once(child, 'close')) as [number | null];
  const wallMs = performance.now() - startedAt;
  if (code !== 0) {
    throw new Error(
      `${name} ended with ${code}:\n${Buffer.concat([...stdout, ...stderr])
        .toString()
        .slice(-4000)}`,
    );
  }
  const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as NodeJS.ResourceUsage;
  return {
    name,
    cpuMs: (usage.userCPUTime + usage.systemCPUTime) / 1000,
    wallMs,
    peakMb: (usage.maxRSS * 1024) / 1e6,
    requests: await doubles.takeCounts(),
    stdout: Buffer.concat(stdout).toString(),
  };
}

/** The variables of the services, and of the caller's own only what a process needs to run. */
function environmentOf({ urls }: DoublesProcess, usageFile: string): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(HOME === undefined ? {} : { HOME }),
    LOCKSTEP_PROFILE: 'cloud',
    OPENAI_BASE_URL: `${urls.openai}/v1`,
    OPENAI_API_KEY: 'none',
    QDRANT_HOST: urls.qdrant,
    BENCH_USAGE_FILE: usageFile,
  };
}

/** Where the rows are. */
function rowsOf({ urls }: DoublesProcess, postgres: string | undefined): NodeJS.ProcessEnv {
  if (postgres !== undefined) return { NEON_POSTGRES_CONNECTION_STRING: postgres };
  return {
    NEON_POSTGRES_CONNECTION_STRING: 'postgresql://bench:bench@bench.invalid/bench',
    NEON_FETCH_ENDPOINT: `${urls.neon}/sql`,
  };
}
