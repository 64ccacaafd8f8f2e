import type { ReportData } from '@lockstep/report';
import { countText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

/** What the stores hold that no corpus.json of the workspace names. */
export function OthersPanel({ data: { others } }: { readonly data: ReportData }) {
  if (others.length === 0) return <p class="empty">Nothing but the corpora of this workspace was found.</p>;
  return (
    <div class="wide">
      <table class="cards">
        <caption>Points, rows and tables that no corpus.json of the workspace names</caption>
        <ColumnHeads columns={['Corpus', 'Store', 'Where', { number: 'Chunks' }]} />
        <tbody>
          {others.map(({ corpus, store, target, count }) => (
            <tr key={`${store} ${target} ${corpus}`}>
              <td data-label="Corpus">{corpus === null ? 'of no corpus' : <bdi>{corpus}</bdi>}</td>
              <td data-label="Store">{store === 'qdrant' ? 'Qdrant' : 'Postgres'}</td>
              <td data-label="Where">
                <bdi>{target}</bdi>
              </td>
              <td class="number" data-label="Chunks">
                {countText(count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
