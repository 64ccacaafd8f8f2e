import { useMemo, useState } from 'preact/hooks';
import type { ReportData, ReportEvaluation } from '@lockstep/report';
import { Chart, type Series } from '../parts/chart.tsx';
import { countText, timeText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { Choice } from '../parts/choice.tsx';

/** What an evaluation is of. */
function kindOf({ corpus, questionsFrom }: ReportEvaluation): string {
  return `${corpus}, ${questionsFrom}`;
}

const shareText = (value: number): string => value.toFixed(3);

/** What evaluations measured of the search in a corpus, over time. */
export function EvaluationsPanel({ data: { evaluations } }: { readonly data: ReportData }) {
  // Means over other questions are no better or worse.
  const kinds = [...new Set(evaluations.map(kindOf))].toSorted();
  const [chosen, setChosen] = useState<string>();
  const kind = kinds.find((each) => each === chosen) ?? kinds[0];
  const own = useMemo(() => evaluations.filter((each) => kindOf(each) === kind), [evaluations, kind]);
  const metrics = useMemo(() => [...new Set(own.flatMap((each) => Object.keys(each.metrics)))], [own]);
  const x = useMemo(() => own.map(({ at }) => Date.parse(at) / 1000), [own]);
  const series = useMemo(
    () =>
      metrics.map((label, at): Series => {
        const colour = ((at % 6) + 1) as Series['colour'];
        return { label, values: own.map((each) => each.metrics[label]?.value ?? null), colour, kind: 'line' };
      }),
    [own, metrics],
  );
  if (kind === undefined) return <p class="empty">No corpus was evaluated.</p>;
  return (
    <>
      <div class="filters">
        <Choice label="Corpus and questions" value={kind} options={kinds} onChoose={setChosen} />
      </div>
      <Chart
        label={`What evaluations of the search measured in ${kind}, over time`}
        x={x}
        series={series}
        format={{ left: shareText, right: shareText }}
      >
        <table>
          <caption>What evaluations measured, with the interval of 95 %</caption>
          <ColumnHeads
            columns={['Time', 'Model', { number: 'Questions' }, ...metrics.map((name) => ({ number: name }))]}
          />
          <tbody>
            {own.toReversed().map((each) => (
              <tr key={each.at}>
                <th scope="row">{timeText(each.at)}</th>
                <td>
                  <bdi>{each.model}</bdi>
                </td>
                <td class="number">{countText(each.questions)}</td>
                {metrics.map((name) => {
                  const metric = each.metrics[name];
                  return (
                    <td key={name} class="number">
                      {metric === undefined
                        ? '–'
                        : `${shareText(metric.value)} (${shareText(metric.low)} to ${shareText(metric.high)})`}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Chart>
    </>
  );
}
