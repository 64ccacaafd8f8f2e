import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchDatabase } from './bench-database.ts';
import type { DoubleCounts, DoublesProcess } from './doubles-process.ts';

/** Requests per service, and points that were written or deleted. */
export interface RequestCounts extends DoubleCounts {
  /** Requests to Postgres, by the receipt that the process printed. */
  readonly neon: number;
}

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
  /** Where the rows are. */
  readonly database: BenchDatabase;
}

/** Runs Node on `args` and measures it. Fails, with what it wrote on stderr, if it does not end with 0. */
export async function measure(name: string, args: readonly string[], options: MeasureOptions): Promise<Measure> {
  const { doubles, database, folder, profiles } = options;
  const usageFile = join(folder, 'usage.json');
  const profile = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profiles, name)}`];
  await doubles.takeCounts();
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [...profile, '--import', new URL('./report-usage.js', import.meta.url).href, ...args],
    {
      cwd: folder,
      env: environmentOf(doubles, database, usageFile),
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
  const printed = Buffer.concat(stdout).toString();
  const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as NodeJS.ResourceUsage;
  return {
    name,
    cpuMs: (usage.userCPUTime + usage.systemCPUTime) / 1000,
    wallMs,
    peakMb: (usage.maxRSS * 1024) / 1e6,
    requests: { ...(await doubles.takeCounts()), neon: neonRequests(printed) },
    stdout: printed,
  };
}

/** The variables of the services, and of the caller's own only what a process needs to run. */
function environmentOf(
  { urls }: DoublesProcess,
  { connectionString }: BenchDatabase,
  usageFile: string,
): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(HOME === undefined ? {} : { HOME }),
    LOCKSTEP_PROFILE: 'cloud',
    OPENAI_BASE_URL: `${urls.openai}/v1`,
    OPENAI_API_KEY: 'none',
    QDRANT_HOST: urls.qdrant,
    NEON_POSTGRES_CONNECTION_STRING: connectionString,
    BENCH_USAGE_FILE: usageFile,
  };
}

/** What a receipt says; a process that prints none asks Postgres for nothing. */
function neonRequests(printed: string): number {
  if (printed === '') return 0;
  const { calls } = JSON.parse(printed) as { calls?: { neon?: { requests: number } } };
  return calls?.neon?.requests ?? 0;
}
