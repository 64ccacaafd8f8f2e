import { useMemo, useState } from 'preact/hooks';
import { runBars, type ReportRun, type RunBars } from '@lockstep/report';
import { Mark } from '../parts/mark.tsx';
import { countText, counted, dollarsText, durationText, timeText } from '../parts/shown.ts';
import { StagesTable } from './stages-table.tsx';
import { STAGE_COLOURS } from './stage-colours.ts';

/** One run in the table of runs; its stages are shown below it when they are asked for. */
export function RunRow({ run }: { readonly run: ReportRun }) {
  const { corpus, fence, kind, startedAt, end, dollars } = run;
  const [isOpen, setOpen] = useState(false);
  const bars = useMemo(() => runBars(run), [run]);
  const counts = end?.counts;
  const calls = Object.values(end?.work?.calls ?? {});
  const sum = (of: (each: (typeof calls)[number]) => number): number => calls.reduce((all, each) => all + of(each), 0);
  const troubles = [
    ...(sum(({ retries }) => retries) > 0
      ? [
          counted(
            sum(({ retries }) => retries),
            'retry',
            'retries',
          ),
        ]
      : []),
    ...(sum((each) => each.breakerOpened) > 0
      ? [`breaker opened ${countText(sum((each) => each.breakerOpened))}×`]
      : []),
  ];
  return (
    <>
      <tr>
        <th scope="row">
          <time dateTime={startedAt}>{timeText(startedAt)}</time>
          <br />
          <bdi>{corpus}</bdi> {kind} #{fence}
        </th>
        <td data-label="Outcome">
          <Outcome run={run} />
        </td>
        <td data-label="Stages">
          <Bars bars={bars} />
          {bars !== null && end?.work !== undefined && (
            <button type="button" class="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              {isOpen ? 'Hide stages' : 'Stages'}
            </button>
          )}
        </td>
        <td class="number" data-label="Points">
          <Written written={counts?.pointsWritten} deleted={counts?.pointsDeleted} />
        </td>
        <td class="number" data-label="Rows">
          <Written written={counts?.rowsWritten} deleted={counts?.rowsDeleted} />
        </td>
        <td class="number" data-label="Tokens">
          {countText(end?.tokensPaid)} paid
          <br />
          {countText(end?.tokensSaved)} saved
        </td>
        <td class="number" data-label="Cost">
          {end === undefined || end.tokensPaid === null ? '–' : dollarsText(dollars)}
        </td>
        <td class="number" data-label="Requests">
          {end?.work === undefined ? '–' : countText(sum(({ requests }) => requests))}
          {troubles.map((trouble) => (
            <div key={trouble} class="mark warning">
              {trouble}
            </div>
          ))}
        </td>
      </tr>
      {isOpen && end?.work !== undefined && (
        <tr>
          <td colSpan={8}>
            <StagesTable stages={end.work.stages} />
          </td>
        </tr>
      )}
    </>
  );
}

function Outcome({ run: { end, kind, state } }: { readonly run: ReportRun }) {
  if (end === undefined) {
    return (
      <Mark mark="warning" says={state === 'open' ? 'running, or killed' : 'did not finish: killed, or overtaken'} />
    );
  }
  if (end.outcome === 'done') {
    return <Mark mark="good" says={kind === 'drop' ? 'dropped' : kind === 'edit' ? 'written' : 'in step'} />;
  }
  const says = { differ: 'stores differ', failed: 'failed', overtaken: 'overtaken' }[end.outcome];
  return <Mark mark="bad" says={end.error === null || end.error === end.outcome ? says : `${says} (${end.error})`} />;
}

function Bars({ bars }: { readonly bars: RunBars | null }) {
  if (bars === null) return <span class="note">not recorded</span>;
  return (
    <div class="timeline">
      <div class="bars" aria-hidden="true">
        {bars.bars.map(({ record, from, length }) => (
          <span
            key={record.stage}
            class={`bar series-${STAGE_COLOURS[record.stage]} ${record.outcome}${record.stage === 'load-neon' ? ' lower' : ''}`}
            style={{ left: `${from * 100}%`, width: `${length * 100}%` }}
            title={`${record.stage}: ${durationText(record.durationMs)}`}
          />
        ))}
      </div>
      <span class="note">
        {durationText(bars.durationMs)}
        {bars.replayed.length > 0 && `, ${bars.replayed.length} replayed`}
      </span>
    </div>
  );
}

function Written({
  written,
  deleted,
}: {
  readonly written: number | null | undefined;
  readonly deleted: number | null | undefined;
}) {
  if ((written ?? null) === null && (deleted ?? null) === null) return <>–</>;
  return (
    <>
      <span class="added">+{countText(written ?? 0)}</span> <span class="deleted">−{countText(deleted ?? 0)}</span>
    </>
  );
}
