import type { ReportCorpus, ReportData } from '@lockstep/report';
import { Mark } from '../parts/mark.tsx';
import { countText, counted, timeText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

/** Every corpus with its state, and how many chunks are in the input, the cache and both stores. */
export function CorporaPanel({ data: { corpora } }: { readonly data: ReportData }) {
  if (corpora.length === 0) return <p class="empty">There is no corpus.json in this workspace.</p>;
  return (
    <div class="wide">
      <table class="cards">
        <caption>Chunks of each corpus, and when a verify last read both stores</caption>
        <ColumnHeads
          columns={[
            'Corpus',
            'State',
            { number: 'Input' },
            { number: 'Cache' },
            { number: 'Qdrant' },
            { number: 'Postgres' },
            'Verified',
          ]}
        />
        <tbody>
          {corpora.map((corpus) => (
            <CorpusRow key={corpus.corpus} {...corpus} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CorpusRow({
  corpus,
  folder,
  mark,
  says,
  advice,
  next,
  counts,
  verified,
  targets,
  model,
  input,
}: ReportCorpus) {
  return (
    <tr>
      <th scope="row">
        <bdi>{corpus}</bdi>
        <details>
          <summary>Details</summary>
          <dl>
            <dt>corpus.json in</dt>
            <dd>
              <bdi>{folder}</bdi>
            </dd>
            {model !== null && <dt>Model</dt>}
            {model !== null && (
              <dd>
                <bdi>{model}</bdi>
              </dd>
            )}
            {Object.entries(targets).map(([store, target]) => (
              <div key={store}>
                <dt>{store === 'qdrant' ? 'Points' : 'Rows'}</dt>
                <dd>
                  <bdi>{target}</bdi>
                </dd>
              </div>
            ))}
            {input !== null && <dt>Input</dt>}
            {input !== null && (
              <dd>
                {counted(input.records, 'record')}, {countText(input.rejected)} rejected,{' '}
                {counted(input.duplicates, 'duplicate')}, {countText(input.held)} held
              </dd>
            )}
          </dl>
        </details>
      </th>
      <td data-label="State">
        <Mark mark={mark} says={says} />
        {advice !== null && <p class="note">{advice}</p>}
        {next !== null && (
          <p class="note">
            Next: <code>{next}</code>
          </p>
        )}
      </td>
      <td class="number" data-label="Input">
        {countText(counts.input)}
      </td>
      <td class="number" data-label="Cache">
        {countText(counts.cache)}
      </td>
      <td class="number" data-label="Qdrant">
        {countText(counts.qdrant)}
      </td>
      <td class="number" data-label="Postgres">
        {countText(counts.neon)}
      </td>
      <td data-label="Verified">
        {verified === null
          ? '–'
          : [timeText(verified.at), verified.compared].filter((each) => each !== null).join(', ')}
      </td>
    </tr>
  );
}
