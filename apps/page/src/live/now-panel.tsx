import { useState } from 'preact/hooks';
import { hasEnded, type RunState, type RunView, type StageView } from '@lockstep/report';
import { LongText } from '../parts/long-text.tsx';
import { Mark } from '../parts/mark.tsx';
import { countText, dollarsText, durationText, timeText } from '../parts/shown.ts';
import { messageOf, useNow, useRuns, useSettings, type LiveProps } from './use-live.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

const STATES: Readonly<Record<RunState, readonly [mark: 'good' | 'warning' | 'bad', says: string]>> = {
  running: ['warning', 'running'],
  stopping: ['warning', 'stopping'],
  open: ['warning', 'under way in another process, or killed'],
  done: ['good', 'done'],
  differs: ['bad', 'done, and its verify found differences'],
  failed: ['bad', 'failed'],
  ended: ['warning', 'over, and nothing says how'],
};

/** Runs that are under way, of this server and of other processes on its machine, and how the last ones ended. */
export function NowPanel({ server, watch, settings }: LiveProps) {
  const { runs, aheadMs, problem } = useRuns(watch);
  const now = useNow(runs.some((run) => !hasEnded(run))) + aheadMs;
  const allowWrites = useSettings(settings)?.allowWrites === true;
  const [refusal, setRefusal] = useState<string>();
  const stop = (corpus: string): void => {
    setRefusal(undefined);
    server
      .post(`/api/corpora/${encodeURIComponent(corpus)}/cancel`, {})
      .catch((error: unknown) => setRefusal(messageOf(error)));
  };
  return (
    <div aria-live="polite">
      {problem !== undefined && <p class="problem">{problem} Trying again.</p>}
      {refusal !== undefined && <p class="problem">{refusal}</p>}
      {runs.length === 0 && problem === undefined && <p class="empty">Nothing is running.</p>}
      {runs.map((run) => (
        <Run
          key={run.id}
          run={run}
          now={now}
          onStop={allowWrites && run.origin === 'here' && run.state === 'running' ? () => stop(run.corpus) : undefined}
        />
      ))}
    </div>
  );
}

function Run({
  run,
  now,
  onStop,
}: {
  readonly run: RunView;
  readonly now: number;
  readonly onStop: (() => void) | undefined;
}) {
  const { corpus, kind, state, startedAt, finishedAt, stages, error, notes, text } = run;
  const [mark, says] = STATES[state];
  const elapsed =
    startedAt === null ? null : (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  return (
    <article class="run" data-state={state}>
      <h3>
        <bdi>{corpus}</bdi> {kind} <Mark mark={mark} says={says} />
      </h3>
      <p class="note">
        Began {timeText(startedAt)}
        {state !== 'open' && `, ${durationText(elapsed)}`}
        {onStop !== undefined && (
          <>
            {' '}
            <button type="button" class="small" onClick={onStop}>
              Stop
            </button>
          </>
        )}
      </p>
      {error !== null && (
        <p class="problem">
          <strong>
            {error.code}
            {error.stage !== null && ` in ${error.stage}`}
          </strong>
          : <LongText text={error.message} /> {error.advice}
        </p>
      )}
      {stages.length > 0 && <Stages stages={stages} now={now} />}
      {notes.length > 0 && (
        <details>
          <summary>Warnings and waits ({notes.length})</summary>
          <ul>
            {notes.map(({ at, stage, event, fields }) => (
              <li key={`${at} ${event}`}>
                {timeText(at)} {stage} {event} <LongText text={JSON.stringify(fields)} />
              </li>
            ))}
          </ul>
        </details>
      )}
      {text !== null && (
        <details>
          <summary>What it did</summary>
          <pre class="text">{text}</pre>
        </details>
      )}
    </article>
  );
}

function Stages({ stages, now }: { readonly stages: readonly StageView[]; readonly now: number }) {
  return (
    <div class="wide">
      <table class="cards">
        <caption>Stages, in the order in which they began</caption>
        <ColumnHeads
          columns={[
            'Stage',
            'State',
            { number: 'Done' },
            'Progress',
            { number: 'A second' },
            { number: 'Time' },
            { number: 'Cost' },
          ]}
        />
        <tbody>
          {stages.map((stage) => (
            <StageRow key={`${stage.stage} ${stage.startedAt}`} stage={stage} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StageRow({ stage: view, now }: { readonly stage: StageView; readonly now: number }) {
  const { stage, state, startedAt, finishedAt, done, total, tokens, dollars } = view;
  const ms = Math.max(0, (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt));
  return (
    <tr data-stage={stage} data-state={state}>
      <th scope="row">{stage}</th>
      <td data-label="State">{state}</td>
      <td class="number" data-label="Done">
        {countText(done)}
        {total !== null && ` of ${countText(total)}`}
      </td>
      <td data-label="Progress">
        {total !== null && total > 0 && <progress max={total} value={done ?? 0} aria-label={`Progress of ${stage}`} />}
      </td>
      <td class="number" data-label="A second">
        {done === null || done === 0 || ms < 1_000 ? '–' : countText(Math.round((done * 1_000) / ms))}
      </td>
      <td class="number" data-label="Time">
        {durationText(ms)}
      </td>
      <td class="number" data-label="Cost">
        {tokens === 0 ? '–' : dollarsText(dollars)}
      </td>
    </tr>
  );
}
