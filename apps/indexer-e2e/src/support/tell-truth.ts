import { resolveFlags } from '@lockstep/indexer/settings/parse-flags';
import { reportStatus } from '@lockstep/indexer/status/report-status';
import { summarise } from '@lockstep/indexer/status/summarise';
import type { CorpusState } from '@lockstep/indexer/status/workspace-status';
import type { JudgeOptions } from '@lockstep/indexer/status/workspace-verdicts';
import type { Services } from '@lockstep/indexer/wiring/open-services';

/** What a command says of one corpus. */
export interface ToldOfCorpus {
  readonly corpus: string;
  readonly state: CorpusState['state'];
  readonly stores?: CorpusState['stores'];
}

/** What one of the two commands prints, and its exit code. */
export interface ToldBy {
  readonly text: string;
  readonly exit: number | undefined;
  readonly ok: boolean;
  readonly corpora: readonly ToldOfCorpus[];
}

/** What `summary` and `status` say. */
export interface Told {
  readonly summary: ToldBy;
  readonly status: ToldBy;
}

export interface TruthOptions extends Pick<JudgeOptions, 'root' | 'stateDirectory' | 'artifactsOf'> {
  readonly services: Pick<Services, 'ledger' | 'vectors' | 'rows' | 'targets' | 'tables'>;
}

/** Asks what the commands `summary` and `status` would say, without the time that a process takes to start. */
export async function tellTruth(options: TruthOptions): Promise<Told> {
  const context = {
    ...options,
    flags: resolveFlags({}, {}),
    profile: { embedder: 'cloud', vectors: 'cloud', rows: 'cloud' } as const,
    signal: new AbortController().signal,
  };
  const [summary, status] = [await summarise(context), await reportStatus({ ...context, runs: 10 })];
  const saying = ({ text, json, exit }: typeof summary): ToldBy => ({
    ...(json as Pick<ToldBy, 'ok' | 'corpora'>),
    text,
    exit,
  });
  return { summary: saying(summary), status: saying(status) };
}

/** What an independent look into both stores found of one corpus. */
export interface Found {
  readonly corpus: string;
  /** Whether it is known what the input was when it was last read. */
  readonly isKnown: boolean;
  /** Whether each store holds exactly that; or, if it is not known, exactly what some load left. */
  readonly holds: Readonly<Record<'qdrant' | 'neon', boolean>>;
  /** Points and rows of the corpus. */
  readonly counts: Readonly<Record<'qdrant' | 'neon', number>>;
}

/** Words that are false in view of what an independent look into both stores found; empty if there are none. */
export function falseWords({ summary, status }: Told, found: readonly Found[]): string[] {
  const wrong: string[] = [];
  for (const { corpus, isKnown, holds, counts } of found) {
    const isThere = isKnown && holds.qdrant && holds.neon;
    for (const [by, { corpora, text, exit, ok }] of Object.entries({ summary, status })) {
      const told = corpora.find((each) => each.corpus === corpus);
      const isSaid = told?.state === 'in-step';
      if (isSaid && !isThere) wrong.push(`${by} says that ${corpus} is in step`);
      if (!isSaid && new RegExp(`^${corpus} +in step`, 'm').test(text))
        wrong.push(`${by} prints in step for ${corpus}`);
      if (!isThere && (ok || exit === 0)) wrong.push(`${by} ends with ${exit} although ${corpus} is not in step`);
      if (!isThere && /corpora are in step/.test(text)) wrong.push(`${by} says that all are in step`);
      for (const store of ['qdrant', 'neon'] as const) {
        const said = told?.stores?.[store];
        if (said === undefined) continue;
        if (said.count !== counts[store])
          wrong.push(`${by} counts ${said.count} in ${store}, which holds ${counts[store]}`);
        if (said.state === 'in-step' && !holds[store]) wrong.push(`${by} says that ${store} is in step`);
      }
    }
    const [one, other] = [summary, status].map(({ corpora }) => corpora.find((each) => each.corpus === corpus)?.state);
    if (one !== other) wrong.push(`summary says ${one} of ${corpus}, and status ${other}`);
  }
  for (const [by, { corpora, ok, exit }] of Object.entries({ summary, status })) {
    const isInStep = corpora.every(({ state }) => state === 'in-step');
    if (ok !== isInStep || (exit === 0) !== isInStep)
      wrong.push(`${by} ends with ${exit} and ok ${ok} for ${corpora.map(({ state }) => state).join(', ')}`);
  }
  return wrong;
}
