import type { Point } from '@lockstep/model';
import type { QdrantRequest } from './qdrant-request.ts';

/**
 * The request that replaces the payloads of points. It is answered when they are stored, with one result for each point
 * in order. A point whose stored vector is of another text is left unchanged.
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
  return {
    operation: 'batch_update',
    method: 'POST',
    path: '/points/batch?wait=true',
    body: JSON.stringify({ operations }),
  };
}

/** The request that deletes points. It is answered when they are deleted. */
export function deletePoints(pointIds: readonly string[]): QdrantRequest {
  return {
    operation: 'delete_points',
    method: 'POST',
    path: '/points/delete?wait=true',
    body: JSON.stringify({ points: pointIds }),
  };
}
