import type { CorpusRig } from './corpus-rig.ts';
import { stubVector } from '@lockstep/testing-ports';

/** What both stores contain of a corpus: the text of each chunk by its id. */
export interface StoredTexts {
  readonly points: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, string>>;
}

/**
 * Reads both stores of a rig. A point counts as having the text of its row if it has the row's hash and the vector of that
 * text; any other point reads as `no row`, `another version` or `another vector`.
 */
export function storedTexts({ corpus, rows, vectors, embedder }: CorpusRig): StoredTexts {
  const own = [...rows.table.values()].filter((row) => row.corpus === corpus);
  const points = [...(vectors.collection?.points ?? [])].filter(([, { payload }]) => payload['corpus'] === corpus);
  return {
    rows: Object.fromEntries(own.map(({ chunkId, text }) => [chunkId, text])),
    points: Object.fromEntries(
      points.map(([pointId, { payload, vector }]) => {
        const row = rows.table.get(pointId);
        const text = (): string => {
          if (row === undefined) return 'no row';
          if (row.contentHash !== payload['content_hash']) return 'another version';
          const expected = stubVector(row.text, embedder.identity.dimensions);
          return vector.every((value, at) => Math.abs(value - (expected[at] as number)) < 1e-5)
            ? row.text
            : 'another vector';
        };
        return [String(payload['chunk_id']), text()];
      }),
    ),
  };
}

/** Both stores contain these texts by chunk id. */
export function inBothStores(texts: Readonly<Record<string, string>>): StoredTexts {
  return { points: texts, rows: texts };
}
