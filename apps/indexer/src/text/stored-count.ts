import { counted, type StoreName } from '@lockstep/model';

/** How many points or rows: "1 point" of Qdrant, "2 rows" of Postgres. */
export function storedCount(store: StoreName, count: number): string {
  return counted(count, store === 'qdrant' ? 'point' : 'row');
}
