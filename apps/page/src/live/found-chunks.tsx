import type { ChunkShown, DroppedPoint, FoundChunk, SearchReply } from '@lockstep/report';
import { LongText } from '../parts/long-text.tsx';
import { counted, timeText } from '../parts/shown.ts';
import { Facts } from './facts.tsx';

const REASONS: Readonly<Record<DroppedPoint['reason'], string>> = {
  'no-row': 'There is no row of its id in Postgres.',
  'other-content': 'Its row has other content: the content hashes differ.',
  'foreign-id': 'Its id is none that Lockstep gives: another program wrote it.',
};

/** What a search found, best first, and what it left out. */
export function FoundChunks({ question, results, droppedPoints, stored }: SearchReply) {
  return (
    <>
      <h3>
        {counted(results.length, 'hit')} for “<bdi>{question.slice(0, 200)}</bdi>”
      </h3>
      {results.length === 0 && droppedPoints.length === 0 && (
        <p class="empty">
          Nothing found.{' '}
          {stored !== undefined && (stored.length === 0 ? 'Nothing is loaded.' : `Loaded are ${stored.join(', ')}.`)}
        </p>
      )}
      <ol class="hits">
        {results.map((hit) => (
          <li key={hit.point.point_id}>
            <Hit {...hit} />
          </li>
        ))}
      </ol>
      {droppedPoints.length > 0 && (
        <section class="dropped" aria-labelledby="dropped-title">
          <h3 id="dropped-title">{counted(droppedPoints.length, 'point')} left out</h3>
          <p class="note">
            A load is under way, or the stores have drifted: <code>indexer verify</code> tells which.
          </p>
          <ul class="hits">
            {droppedPoints.map((dropped) => (
              <li key={dropped.point.point_id}>
                <Dropped {...dropped} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Hit({ point, row, ...chunk }: FoundChunk) {
  return (
    <article>
      <ChunkHead {...chunk} />
      <p>
        <LongText text={chunk.text} />
      </p>
      <details>
        <summary>Row and point</summary>
        <div class="pair">
          <div>
            <h4>Row</h4>
            <Facts facts={{ ...rowFacts(chunk), ...row }} />
          </div>
          <div>
            <h4>Point</h4>
            <Facts facts={{ point_id: point.point_id, ...point.payload }} />
          </div>
        </div>
      </details>
    </article>
  );
}

function Dropped({ score, reason, point, row, chunk }: DroppedPoint) {
  return (
    <article>
      <p>
        <span class="score">{score.toFixed(3)}</span> <bdi>{String(point.payload['corpus'] ?? '')}</bdi>{' '}
        <bdi>{String(point.payload['chunk_id'] ?? point.point_id)}</bdi>
        {': '}
        <strong>{REASONS[reason]}</strong>
      </p>
      <details>
        <summary>{row === null ? 'Point' : 'Row and point'}</summary>
        <div class="pair">
          {chunk !== null && (
            <div>
              <h4>Row</h4>
              <Facts facts={{ text: chunk.text, ...rowFacts(chunk), ...row }} />
            </div>
          )}
          <div>
            <h4>Point</h4>
            <Facts facts={{ point_id: point.point_id, ...point.payload }} />
          </div>
        </div>
      </details>
    </article>
  );
}

function ChunkHead({ score, corpus, chunk_id, document_id, chapter_title, page_number, created_at }: ChunkShown) {
  return (
    <p class="head">
      <span class="score" title="Cosine similarity, -1 to 1">
        {score.toFixed(3)}
      </span>{' '}
      <bdi>{corpus}</bdi> <bdi>{chunk_id}</bdi>
      {document_id !== null && (
        <>
          {', '}
          <bdi>{document_id}</bdi>
        </>
      )}
      {chapter_title !== null && (
        <>
          {', '}
          <bdi>{chapter_title}</bdi>
        </>
      )}
      {page_number !== null && `, page ${page_number}`}
      {created_at !== null && `, ${timeText(created_at)}`}
    </p>
  );
}

/** What the row has besides the text. */
function rowFacts({ corpus, chunk_id, document_id, chapter_title, page_number, created_at, metadata }: ChunkShown) {
  return { corpus, chunk_id, document_id, chapter_title, page_number, created_at, metadata };
}
