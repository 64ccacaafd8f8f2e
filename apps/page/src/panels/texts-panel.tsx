import { useMemo, useState } from 'preact/hooks';
import type { HistogramBin, ReportCorpus, ReportData, TextLengths } from '@lockstep/report';
import { Chart } from '../parts/chart.tsx';
import { countText, counted } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';
import { Choice } from '../parts/choice.tsx';

type Measured = ReportCorpus & { readonly texts: TextLengths };

/** How long the texts of a corpus are, in characters and in tokens of its model. */
export function TextsPanel({ data: { corpora } }: { readonly data: ReportData }) {
  const measured = corpora.filter((corpus): corpus is Measured => corpus.texts !== null && corpus.texts.measured > 0);
  const [chosen, setChosen] = useState<string>();
  const corpus = measured.find((each) => each.corpus === chosen) ?? measured[0];
  if (corpus === undefined) return <p class="empty">No corpus was validated on this machine.</p>;
  const { texts } = corpus;
  return (
    <>
      <div class="filters">
        <Choice
          label="Corpus"
          value={corpus.corpus}
          options={measured.map((each) => each.corpus)}
          onChoose={setChosen}
        />
      </div>
      <div class="pair">
        <Lengths title="Characters" unit="character" bins={texts.characters} count={texts.measured} of={texts.chunks} />
        <Lengths title="Tokens" unit="token" bins={texts.tokens} count={texts.counted} of={texts.chunks} />
      </div>
      {texts.tokensMax !== null && <p class="note">The model reads {counted(texts.tokensMax, 'token')} at once.</p>}
    </>
  );
}

function Lengths({
  title,
  unit,
  bins,
  count,
  of,
}: {
  readonly title: string;
  readonly unit: string;
  readonly bins: readonly HistogramBin[];
  readonly count: number;
  readonly of: number;
}) {
  const x = useMemo(() => bins.map(({ from }) => from), [bins]);
  const series = useMemo(
    () => [{ label: 'Chunks', values: bins.map((bin) => bin.count), colour: 1, kind: 'bars' } as const],
    [bins],
  );
  const label = `Chunks by the length of their texts in ${unit}s`;
  const counts = count < of ? `the first ${countText(count)} of ${counted(of, 'chunk')}` : counted(count, 'chunk');
  return (
    <div>
      <h3>{title}</h3>
      {bins.length === 0 ? (
        <p class="empty">Not counted.</p>
      ) : (
        <Chart
          label={label}
          x={x}
          xLabel={`From this many ${unit}s`}
          width={(bins[0]?.upTo ?? 0) + 1}
          series={series}
          format={{ left: countText, right: countText }}
        >
          <table>
            <caption>{label}</caption>
            <ColumnHeads columns={[title, { number: 'Chunks' }]} />
            <tbody>
              {bins.map((bin) => (
                <tr key={bin.from}>
                  <th scope="row">
                    {countText(bin.from)} to {countText(bin.upTo)}
                  </th>
                  <td class="number">{countText(bin.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Chart>
      )}
      <p class="note">Of {counts}.</p>
    </div>
  );
}
