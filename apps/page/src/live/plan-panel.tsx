import { useState } from 'preact/hooks';
import { hasEnded, type PlanReply, type ReportData, type RunKind } from '@lockstep/report';
import { counted, dollarsText } from '../parts/shown.ts';
import { messageOf, useRuns, useSettings, type LiveProps } from './use-live.ts';

/** A plan, and of what. */
interface Shown {
  readonly corpus: string;
  readonly kind: RunKind;
  readonly plan: PlanReply;
}

/** What a run or a repair would do, when it is asked for; and where the server allows it, the button that does it. */
export function PlanPanel({ data, server, watch, settings }: LiveProps & { readonly data: ReportData }) {
  const { runs } = useRuns(watch);
  const allowWrites = useSettings(settings)?.allowWrites === true;
  const [corpus, setCorpus] = useState(data.corpora[0]?.corpus ?? '');
  const [kind, setKind] = useState<RunKind>('run');
  const [shown, setShown] = useState<Shown>();
  const [pay, setPay] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  if (data.corpora.length === 0) return <p class="empty">There is no corpus.json in this workspace.</p>;

  const path = `/api/corpora/${encodeURIComponent(corpus)}`;
  const isRunning = runs.some((run) => run.corpus === corpus && run.origin === 'here' && !hasEnded(run));

  async function attempt(work: () => Promise<void>): Promise<void> {
    setAsking(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setAsking(false);
    }
  }

  const show = (): Promise<void> =>
    attempt(async () => {
      setShown(undefined);
      setPay(false);
      setShown({ corpus, kind, plan: await server.get<PlanReply>(`${path}/plan?for=${kind}`) });
    });

  const start = ({ plan }: Shown): Promise<void> =>
    attempt(async () => {
      const { cost } = plan.embedding;
      await server.post(`${path}/${kind}`, { ...(cost === null ? {} : { maxCost: cost }), pay });
      setShown(undefined);
    });

  return (
    <>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          void show();
        }}
      >
        <label>
          Corpus
          <select
            value={corpus}
            onChange={({ currentTarget }) => {
              setCorpus(currentTarget.value);
              setShown(undefined);
            }}
          >
            {data.corpora.map(({ corpus: name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Of
          <select
            value={kind}
            onChange={({ currentTarget }) => {
              setKind(currentTarget.value as RunKind);
              setShown(undefined);
            }}
          >
            <option value="run">a run</option>
            <option value="repair">a repair</option>
          </select>
        </label>
        <button type="submit" disabled={isAsking}>
          {isAsking ? 'Reading the input…' : 'Show the plan'}
        </button>
      </form>
      <div aria-live="polite">
        {problem !== undefined && <p class="problem">{problem}</p>}
        {shown !== undefined && (
          <>
            <pre class="text plan">{shown.plan.text}</pre>
            {allowWrites ? (
              <Start
                shown={shown}
                pay={pay}
                onPay={setPay}
                isBusy={isAsking || isRunning}
                onStart={() => void start(shown)}
              />
            ) : (
              <p class="note">
                This server only reads. To do it, type <code>{`npx indexer ${shown.kind} ${shown.corpus}`}</code>, or
                start the server with <code>--allow-writes</code>.
              </p>
            )}
          </>
        )}
      </div>
    </>
  );
}

function Start({
  shown: { kind, corpus, plan },
  pay,
  onPay,
  isBusy,
  onStart,
}: {
  readonly shown: Shown;
  readonly pay: boolean;
  readonly onPay: (pay: boolean) => void;
  readonly isBusy: boolean;
  readonly onStart: () => void;
}) {
  const { refused, embedding } = plan;
  if (refused !== undefined) {
    return (
      <p class="problem">
        It would be refused ({refused.code}): {refused.message} {refused.advice}
      </p>
    );
  }
  const isPaying = kind === 'run' || pay;
  const paid =
    embedding.texts === 0
      ? 'pays nothing'
      : `embeds ${counted(embedding.texts, 'text')} for ${costText(embedding.cost)}`;
  return (
    <>
      {kind === 'repair' && embedding.texts > 0 && (
        <label>
          <input type="checkbox" checked={pay} onChange={({ currentTarget }) => onPay(currentTarget.checked)} /> Embed
          what the cache lacks: {counted(embedding.texts, 'text')}, {costText(embedding.cost)}
        </label>
      )}
      <p>
        <button type="button" disabled={isBusy} onClick={onStart}>
          Start this {kind} of {corpus}
        </button>{' '}
        It {isPaying ? paid : 'pays nothing'}, writes {writesText(plan)}, and deletes {deletesText(plan)}.
      </p>
    </>
  );
}

function costText(cost: number | null): string {
  if (cost === 0) return 'free';
  return cost === null ? 'a price that is not known' : dollarsText(cost);
}

const NAMES: Readonly<Record<string, string>> = { qdrant: 'Qdrant', neon: 'Postgres' };

/** Such as `30 chunks in Qdrant and 30 chunks in Postgres`. */
function writesText({ stores }: PlanReply): string {
  return inStores(stores, ({ add, change }) => add + change);
}

function deletesText({ stores }: PlanReply): string {
  return inStores(stores, (plan) => plan.delete);
}

function inStores(
  stores: PlanReply['stores'],
  count: (plan: { readonly add: number; readonly change: number; readonly delete: number }) => number,
): string {
  const parts = Object.entries(stores).flatMap(([store, { plan }]) =>
    plan === undefined || count(plan) === 0 ? [] : [`${counted(count(plan), 'chunk')} in ${NAMES[store] ?? store}`],
  );
  return parts.length === 0 ? 'nothing' : parts.join(' and ');
}
