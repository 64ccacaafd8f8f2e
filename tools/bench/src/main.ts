import { mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openBenchDatabase } from './bench-database.ts';
import { startDoubles } from './doubles-process.ts';
import { edgeReport } from './edge.ts';
import { installReport } from './install-size.ts';
import { noOpReportOf } from './no-op-report.ts';
import { measureNoOp } from './no-op.ts';
import { reportOf } from './report.ts';
import { measureCorpus } from './scenarios.ts';
import { shapesReportOf } from './shapes-report.ts';
import { measureShapes } from './shapes.ts';

const USAGE = `usage: npm run bench -- [no-op | shapes] [sizes...] [--seed n] [--rounds n] [--profiles folder]
       npm run bench -- edge [chunks]
       npm run bench -- install

  no-op       only commands that find nothing to do
  shapes      only validate, over the same records in several shapes
  edge        puts of changed chunks through the Worker in workerd; default 1000
  install     how large the installed packages are, by fetching them
  sizes       numbers of chunks; default 5000 100000
  --seed      of the generated texts; default 1
  --rounds    how often each command of no-op or shapes runs; default 3
  --profiles  writes a CPU profile of every process into this folder
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    profiles: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const isInstall = positionals[0] === 'install' && positionals.length === 1;
const isEdge = positionals[0] === 'edge';
const isNoOp = positionals[0] === 'no-op';
const isShapes = positionals[0] === 'shapes';
const isNamed = isNoOp || isShapes || isInstall || isEdge;
const given = (isNamed ? positionals.slice(1) : positionals).map(Number);
const sizes = given.length > 0 ? given : isNamed ? [100_000] : [5_000, 100_000];
const [seed, rounds] = [Number(values.seed), Number(values.rounds)];
if (values.help === true || ![...sizes, seed, rounds].every((number) => Number.isInteger(number) && number > 0)) {
  process.stderr.write(USAGE);
  process.exitCode = values.help === true ? 0 : 2;
} else if (isInstall) process.stdout.write(`${machine()}\n\n${installReport(tell)}\n`);
else if (isEdge) {
  process.stdout.write(`${machine()}\n`);
  for (const chunks of given.length > 0 ? given : [1000]) process.stdout.write(`\n${edgeReport(chunks)}\n`);
} else await bench();

function tell(what: string): void {
  process.stderr.write(`${what}\n`);
}

async function bench(): Promise<void> {
  process.stdout.write(`${machine()}\n`);
  for (const chunks of sizes) {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-bench-'));
    // New for each size, so that one corpus does not pay for what the stores hold of another.
    const doubles = await startDoubles();
    const database = await openBenchDatabase();
    try {
      const profiles = values.profiles === undefined ? {} : { profiles: resolve(values.profiles) };
      const run = { doubles, database, folder, chunks, seed, tell, ...profiles };
      const report = isNoOp
        ? noOpReportOf(await measureNoOp(run, rounds))
        : isShapes
          ? shapesReportOf(await measureShapes(run, rounds))
          : reportOf(await measureCorpus(run));
      process.stdout.write(`\n${report}\n`);
    } finally {
      doubles.stop();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function machine(): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${platform()} ${arch()}, Node ${process.versions.node}`;
}
