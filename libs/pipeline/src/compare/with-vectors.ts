import type { CallOptions, EmbeddingReader, VectorStore } from '@lockstep/model';
import type { PointState } from './comparable-points.ts';
import { LOOKUP_ITEMS } from '../work/in-batches.ts';
import type { Comparable } from './changes.ts';
import { createVectorCheck } from './vector-distance.ts';

/** Compares stored vectors with those of the slice as well: for a store whose labels are not believed. */
export function withVectors(
  points: Comparable<PointState>,
  { vectors, slice, call }: { vectors: VectorStore; slice: EmbeddingReader; call: CallOptions },
): Comparable<PointState & { readonly vector?: Float32Array }> {
  const isSame = createVectorCheck(vectors, call);
  return {
    async *scan() {
      for await (const page of points.scan()) {
        for (let from = 0; from < page.length; from += LOOKUP_ITEMS) {
          const part = page.slice(from, from + LOOKUP_ITEMS);
          const found = await vectors.vectors(
            part.map(({ pointId }) => pointId),
            call,
          );
          yield part.map((point) => {
            const vector = found.get(point.pointId);
            return vector === undefined ? point : { ...point, vector };
          });
        }
      }
    },
    async compare(wanted, actual) {
      const finding = await points.compare(wanted, actual);
      const [expected] = await slice.vectors([wanted.embeddingKey]);
      if (expected === undefined) return finding;
      if (actual.vector !== undefined && (await isSame(expected, actual.vector))) return finding;
      return { reason: finding?.reason ?? 'drift', fields: [...(finding?.fields ?? []), 'vector'] };
    },
  };
}
