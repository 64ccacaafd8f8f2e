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
  /** A process that starts and does nothing: the part of every stage that does not grow with the corpus. */
  readonly start: Measure;
  readonly baseline: Measure;
  readonly scenarios: readonly ScenarioResult[];
}

export interface CorpusRun extends MeasureOptions {
  readonly chunks: number;
  readonly seed: number;
  readonly tell: (what: string) => void;
}

const INDEXER = fileURLToPath(new URL('../../../apps/indexer/bin/indexer.js', import.meta.url));
const BASELINE = fileURLToPath(new URL('./baseline.ts', import.meta.url));

/** Measures the baseline and all scenarios over one generated corpus. Every stage must do what its scenario is for. */
export async function measureCorpus(run: CorpusRun): Promise<CorpusResult> {
  const { chunks, seed, folder, tell } = run;
  const corpus = `bench-${chunks}`;
  const path = join(folder, `${corpus}.json`);
  const profiled = (scenario: string): MeasureOptions =>
    run.profiles === undefined ? run : { ...run, profiles: join(run.profiles, corpus, scenario.replace(' ', '-')) };

  tell(`${chunks} chunks: baseline`);
  await writeCorpus(path, { chunks, seed, edit: 'none' });
  const start = await measure('start', [INDEXER, '--version'], profiled('start'));
  const baseline = await measure('baseline', [BASELINE, path, `${corpus}-baseline`], profiled('baseline'));

  const scenarios: ScenarioResult[] = [];
  for (const { name, edit, meaning } of SCENARIOS) {
    tell(`${chunks} chunks: ${name}`);
    await writeCorpus(path, { chunks, seed, edit });
    const stages: Measure[] = [];
    for (const stage of STAGES) {
      const flags = ['--json', '--corpus', corpus, '--collection', corpus, '--state-dir', join(folder, 'state')];
      stages.push(await measure(stage, [INDEXER, stage, path, ...flags], profiled(name)));
    }
    checkWork(name, chunks, stages);
    scenarios.push({ name, meaning, stages });
  }
  return { chunks, start, baseline, scenarios };
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
