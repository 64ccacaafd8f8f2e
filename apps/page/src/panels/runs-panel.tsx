import { useMemo, useState } from 'preact/hooks';
import type { ReportData, ReportRun } from '@lockstep/report';
import { CostsChart } from './costs-chart.tsx';
import { RunRow } from './run-row.tsx';
import { STAGE_COLOURS } from './stage-colours.ts';
import { countText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { Choice } from '../parts/choice.tsx';

/** Runs that are shown at first. */
const SHOWN_RUNS = 25;

/** The last runs: what each stage took, what was written, paid and saved; and costs over time. */
export function RunsPanel({ data: { runs } }: { readonly data: ReportData }) {
  const [corpus, setCorpus] = useState('');
  const [isAll, setAll] = useState(false);
  const corpora = useMemo(() => [...new Set(runs.map((run) => run.corpus))].toSorted(), [runs]);
  const own = useMemo(() => (corpus === '' ? runs : runs.filter((run) => run.corpus === corpus)), [runs, corpus]);
  if (runs.length === 0) return <p class="empty">No runs yet.</p>;
  const shown: readonly ReportRun[] = isAll ? own : own.slice(0, SHOWN_RUNS);
  return (
    <>
      <div class="filters">
        <Choice label="Corpus" value={corpus} options={corpora} hasAll onChoose={setCorpus} />
      </div>
      <h3>Cost over time</h3>
      <CostsChart runs={own} />
      <h3>The last {countText(own.length)}</h3>
      <ul class="legend" aria-label="Colours of the stages">
        {Object.entries(STAGE_COLOURS).map(([stage, colour]) => (
          <li key={stage}>
            <span class={`swatch series-${colour}`} aria-hidden="true" /> {stage}
          </li>
        ))}
      </ul>
      <div class="wide">
        <table class="cards runs">
          <caption>
            Runs, last started first. Each bar is the time of one run, from its first stage to its last.
          </caption>
          <ColumnHeads
            columns={[
              'Run',
              'Outcome',
              'Stages',
              { number: 'Points' },
              { number: 'Rows' },
              { number: 'Tokens' },
              { number: 'Cost' },
              { number: 'Requests' },
            ]}
          />
          <tbody>
            {shown.map((run) => (
              <RunRow key={`${run.corpus} ${run.fence}`} run={run} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < own.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {countText(own.length)} runs
        </button>
      )}
    </>
  );
}
