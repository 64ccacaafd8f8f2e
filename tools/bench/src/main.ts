import { mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startDoubles } from './doubles-process.ts';
import { reportOf } from './report.ts';
import { measureCorpus } from './scenarios.ts';

const USAGE = `usage: npm run bench -- [sizes...] [--seed n] [--profiles folder]

  sizes       numbers of chunks; default 5000 100000
  --seed      of the generated texts; default 1
  --profiles  writes a CPU profile of every process into this folder
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, profiles: { type: 'string' }, help: { type: 'boolean' } },
});
const sizes = positionals.length === 0 ? [5_000, 100_000] : positionals.map(Number);
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
      const result = await measureCorpus({ doubles, folder, chunks, seed, tell, ...profiles });
      process.stdout.write(`\n${reportOf(result)}\n`);
    } finally {
      doubles.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function machine(): string {
  const [cpu] = cpus();
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${platform()} ${arch()}, Node ${process.versions.node}`;
}
