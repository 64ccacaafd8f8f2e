import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCorpus, type Edit } from './generate-corpus.ts';
import { measure, type Measure, type MeasureOptions } from './measure.ts';

/** The stages in the order in which they run, `verify` last. */
export const STAGES = ['validate', 'embed', 'provision', 'load-qdrant', 'load-neon', 'verify'] as const;

/** What has happened to the corpus since the scenario before. The order is that of the runs: each starts where the last ended. */
export const SCENARIOS = [
  { name: 'cold', edit: 'none', meaning: 'nothing in cache or stores' },
  { name: 'unchanged', edit: 'none', meaning: 'the same file again' },
  { name: 'metadata edit', edit: 'metadata', meaning: 'a chapter title changed in 1 % of the chunks' },
  { name: 'text edit', edit: 'text', meaning: 'titles changed back, and a text changed in 1 %' },
] as const satisfies readonly { name: string; edit: Edit; meaning: string }[];

export type ScenarioName = (typeof SCENARIOS)[number]['name'];

export interface ScenarioResult {
  readonly name: ScenarioName;
  readonly meaning: string;
  readonly stages: readonly Measure[];
}

/** What was measured over one corpus. */
export interface CorpusResult {
  readonly chunks: number;
  readonly baseline: Measure;
  /** CPU milliseconds of each process over a corpus of a few chunks: what does not grow with the corpus. */
  readonly startMs: Readonly<Record<string, number>>;
  readonly scenarios: readonly ScenarioResult[];
}

export interface CorpusRun extends MeasureOptions {
  readonly chunks: number;
  readonly seed: number;
  readonly tell: (what: string) => void;
}

/** The program that is measured. */
export const INDEXER = fileURLToPath(new URL('../../../apps/indexer/bin/indexer.js', import.meta.url));
const BASELINE = fileURLToPath(new URL('./baseline.ts', import.meta.url));

/** Chunks of the corpus that is measured for what starting costs. */
const FEW_CHUNKS = 10;

/** Measures the baseline and all scenarios over one generated corpus. Every stage must do what its scenario is for. */
export async function measureCorpus(run: CorpusRun): Promise<CorpusResult> {
  const { chunks, tell } = run;
  tell(`${chunks} chunks: what starting costs`);
  const few = { ...run, chunks: FEW_CHUNKS };
  const starts = [await measureBaseline(few), ...(await measureStages(few, SCENARIOS[0])).stages];
  const startMs = Object.fromEntries(starts.map(({ name, cpuMs }) => [name, cpuMs]));
  tell(`${chunks} chunks: baseline`);
  const baseline = await measureBaseline(run);
  const scenarios: ScenarioResult[] = [];
  for (const scenario of SCENARIOS) {
    tell(`${chunks} chunks: ${scenario.name}`);
    scenarios.push(await measureStages(run, scenario));
  }
  return { chunks, baseline, startMs, scenarios };
}

async function measureBaseline(run: CorpusRun): Promise<Measure> {
  const { corpus, path } = await writeInput(run, 'none');
  return measure('baseline', [BASELINE, path, `${corpus}-baseline`], profiled(run, corpus));
}

async function measureStages(run: CorpusRun, scenario: (typeof SCENARIOS)[number]): Promise<ScenarioResult> {
  const { name, edit, meaning } = scenario;
  const { corpus, path } = await writeInput(run, edit);
  const state = join(run.folder, `${corpus}-state`);
  const flags = ['--json', '--corpus', corpus, '--collection', corpus, '--state-dir', state];
  const options = profiled(run, join(corpus, name.replace(' ', '-')));
  const stages: Measure[] = [];
  for (const stage of STAGES) stages.push(await measure(stage, [INDEXER, stage, path, ...flags], options));
  checkWork(name, run.chunks, stages);
  return { name, meaning, stages };
}

/** Writes the corpus of a run; gives its name and where its file is. */
export async function writeInput(
  { chunks, seed, folder }: CorpusRun,
  edit: Edit,
): Promise<{ corpus: string; path: string }> {
  const corpus = `bench-${chunks}`;
  const path = join(folder, `${corpus}.json`);
  await writeCorpus(path, { chunks, seed, edit });
  return { corpus, path };
}

/** The same measurement with profiles in a folder of its own. */
export function profiled(options: MeasureOptions, folder: string): MeasureOptions {
  return options.profiles === undefined ? options : { ...options, profiles: join(options.profiles, folder) };
}

/** How many texts each scenario embeds, and how many points and rows it writes, of so many chunks. */
const WORK: Readonly<Record<ScenarioName, (chunks: number) => { embedded: number; written: number }>> = {
  cold: (chunks) => ({ embedded: chunks, written: chunks }),
  unchanged: () => ({ embedded: 0, written: 0 }),
  'metadata edit': (chunks) => ({ embedded: 0, written: Math.ceil(chunks / 100) }),
  'text edit': (chunks) => ({ embedded: Math.ceil(chunks / 100), written: Math.ceil(chunks / 100) }),
};

/** A figure for work that was not done would be worse than none. */
function checkWork(scenario: ScenarioName, chunks: number, stages: readonly Measure[]): void {
  const { embedded, written } = WORK[scenario](chunks);
  const expected: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    validate: { accepted: chunks, rejected: 0 },
    embed: { embedded },
    'load-qdrant': { written, countAfter: chunks },
    'load-neon': { written, countAfter: chunks },
    verify: { ok: true },
  };
  for (const { name, stdout } of stages) {
    const receipt = JSON.parse(stdout) as Record<string, unknown>;
    for (const [field, value] of Object.entries(expected[name] ?? {})) {
      if (receipt[field] === value) continue;
      throw new Error(`${scenario}, ${name}: expected ${field} ${String(value)}, found ${String(receipt[field])}`);
    }
  }
}
