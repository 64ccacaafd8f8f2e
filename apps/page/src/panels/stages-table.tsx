import type { StageRecord } from '@lockstep/model';
import { countText, durationText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

const SERVICES = { openai: 'embedding', qdrant: 'Qdrant', neon: 'Postgres' } as const;

/** What each stage of a run did. */
export function StagesTable({ stages }: { readonly stages: readonly StageRecord[] }) {
  return (
    <table class="cards">
      <caption>What each stage of the run did. Requests of two stages side by side count in both.</caption>
      <ColumnHeads
        columns={[
          'Stage',
          'Outcome',
          { number: 'Began, UTC' },
          { number: 'Took' },
          { number: 'Embedded' },
          { number: 'Written' },
          { number: 'Deleted' },
          'Requests',
        ]}
      />
      <tbody>
        {stages.map((record) => (
          <tr key={record.stage}>
            <th scope="row">{record.stage}</th>
            <td data-label="Outcome">{record.outcome}</td>
            <td class="number" data-label="Began, UTC">
              {record.startedAt.slice(11, 19)}
            </td>
            <td class="number" data-label="Took">
              {durationText(record.durationMs)}
            </td>
            <td class="number" data-label="Embedded">
              {countText(record.embedded)}
            </td>
            <td class="number" data-label="Written">
              {countText(record.written)}
            </td>
            <td class="number" data-label="Deleted">
              {countText(record.deleted)}
            </td>
            <td data-label="Requests">
              <Requests calls={record.calls} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Requests({ calls }: { readonly calls: StageRecord['calls'] }) {
  const asked = Object.entries(calls).map(([service, { requests, retries, breakerOpened }]) => {
    const name = SERVICES[service as keyof typeof SERVICES];
    const troubles = [
      ...(retries > 0 ? [`${countText(retries)} tried again`] : []),
      ...(breakerOpened > 0 ? [`breaker opened ${countText(breakerOpened)}×`] : []),
    ];
    return `${name} ${countText(requests)}${troubles.length > 0 ? ` (${troubles.join(', ')})` : ''}`;
  });
  return <>{asked.length === 0 ? '–' : asked.join('; ')}</>;
}
