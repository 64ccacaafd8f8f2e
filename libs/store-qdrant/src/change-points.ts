import type { Point } from '@lockstep/model';
import type { QdrantRequest } from './qdrant-request.ts';

/**
 * The request that gives points other payloads, and is answered when they are stored: one result each, in their order. A
 * point that holds the vector of another text is left as it is.
 */
export function overwritePayloads(points: readonly Pick<Point, 'pointId' | 'payload'>[]): QdrantRequest {
  const operations = points.map(({ pointId, payload }) => ({
    overwrite_payload: {
      payload,
      filter: {
        must: [{ has_id: [pointId] }, { key: 'embedding_key', match: { value: payload.embedding_key } }],
      },
    },
  }));
  return { method: 'POST', path: '/points/batch?wait=true', body: JSON.stringify({ operations }) };
}

/** The request that deletes points, and is answered when they are gone. */
export function deletePoints(pointIds: readonly string[]): QdrantRequest {
  return { method: 'POST', path: '/points/delete?wait=true', body: JSON.stringify({ points: pointIds }) };
}
