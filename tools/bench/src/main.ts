import { mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.ts';
import { startDoubles } from './doubles-process.ts';
import { noOpReportOf } from './no-op-report.ts';
import { measureNoOp } from './no-op.ts';
import { reportOf } from './report.ts';
import { measureCorpus, type CorpusRun } from './scenarios.ts';

const USAGE = `usage: npm run bench -- [no-op] [sizes...] [--seed n] [--profiles folder]

  no-op       only commands that find nothing to do, over a real Postgres server
  sizes       numbers of chunks; default 5000 100000
  --seed      of the generated texts; default 1
  --profiles  writes a CPU profile of every process into this folder
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, profiles: { type: 'string' }, help: { type: 'boolean' } },
});
const isNoOp = positionals[0] === 'no-op';
const given = (isNoOp ? positionals.slice(1) : positionals).map(Number);
const sizes = given.length > 0 ? given : isNoOp ? [100_000] : [5_000, 100_000];
const seed = Number(values.seed);
if (values.help === true || ![...sizes, seed].every((number) => Number.isInteger(number) && number > 0)) {
  process.stderr.write(USAGE);
  process.exitCode = values.help === true ? 0 : 2;
} else await bench();

async function bench(): Promise<void> {
  const tell = (what: string): void => void process.stderr.write(`${what}\n`);
  process.stdout.write(`${machine()}\n`);
  for (const chunks of sizes) {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
    // New for each size, so that one corpus does not pay for what the stores hold of another.
    const doubles = await startDoubles();
    try {
      const profiles = values.profiles === undefined ? {} : { profiles: resolve(values.profiles) };
      const run = { doubles, folder, chunks, seed, tell, ...profiles };
      process.stdout.write(`\n${isNoOp ? await benchNoOp(run) : reportOf(await measureCorpus(run))}\n`);
    } finally {
      doubles.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

async function benchNoOp(run: CorpusRun): Promise<string> {
  const database = await openBenchDatabase();
  try {
    return noOpReportOf(await measureNoOp({ ...run, database }));
  } finally {
    await database.close();
  }
}

function machine(): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${platform()} ${arch()}, Node ${process.versions.node}`;
}
