import type { ReportData, ReportPlan, ReportProblem } from '@lockstep/report';
import { LongText } from '../parts/long-text.tsx';
import { countText, counted, dollarsText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

/** What a run of each corpus would do when the report was made, and what it would cost. */
export function PlansPanel({ data: { corpora } }: { readonly data: ReportData }) {
  const planned = corpora.filter(({ plan }) => plan !== null);
  if (planned.length === 0) return <p class="empty">The report was made without plans.</p>;
  return (
    <div class="wide">
      <table class="cards">
        <caption>Chunks that a run would add, change and delete, and what it would embed</caption>
        <ColumnHeads columns={['Corpus', 'Qdrant', 'Postgres', 'To embed', 'Cost', 'Saved by the cache']} />
        <tbody>
          {planned.map(({ corpus, plan }) => (
            <tr key={corpus}>
              <th scope="row">
                <bdi>{corpus}</bdi>
              </th>
              {plan === null || 'code' in plan ? <Failed problem={plan} /> : <Planned plan={plan} />}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Failed({ problem }: { readonly problem: ReportProblem | null }) {
  return (
    <td colSpan={5} data-label="Not planned">
      <span class="mark bad">{problem?.code}</span>{' '}
      <LongText text={`${problem?.message ?? ''} ${problem?.advice ?? ''}`} />
    </td>
  );
}

function Planned({ plan }: { readonly plan: ReportPlan }) {
  const { stores, texts, tokens, dollars, tokensSaved, dollarsSaved, refused } = plan;
  return (
    <>
      <td data-label="Qdrant">
        <Changes counts={stores.qdrant} />
      </td>
      <td data-label="Postgres">
        <Changes counts={stores.neon} />
      </td>
      <td data-label="To embed">
        {counted(texts, 'text')}, {counted(tokens, 'token')}
        {refused !== null && (
          <p class="note">
            <span class="mark bad">refused ({refused.code})</span>{' '}
            <LongText text={`${refused.message} ${refused.advice}`} />
          </p>
        )}
      </td>
      <td data-label="Cost">{dollarsText(dollars)}</td>
      <td data-label="Saved by the cache">
        about {counted(tokensSaved, 'token')}
        {dollarsSaved !== null && `, ${dollarsText(dollarsSaved)}`}
      </td>
    </>
  );
}

function Changes({ counts }: { readonly counts: ReportPlan['stores'][keyof ReportPlan['stores']] }) {
  if (counts === undefined) return <>not compared</>;
  const { add, change, delete: deleted, unchanged, reasons } = counts;
  const why = Object.entries(reasons).filter(([reason]) => reason !== 'missing');
  if (add + change + deleted === 0) return <>nothing ({countText(unchanged)} unchanged)</>;
  return (
    <>
      <span class="added">+{countText(add)}</span> <span class="changed">~{countText(change)}</span>{' '}
      <span class="deleted">−{countText(deleted)}</span>, {countText(unchanged)} unchanged
      {why.length > 0 && (
        <p class="note">changed: {why.map(([reason, count]) => `${reason} ${countText(count)}`).join(', ')}</p>
      )}
    </>
  );
}
