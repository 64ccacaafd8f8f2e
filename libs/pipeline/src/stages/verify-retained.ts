import type { DifferenceLog } from './difference-log.ts';
import type { StageContext } from '../work/stage-context.ts';
import { retainedProblems, type RetainedProblem } from '../compare/retained-problems.ts';
import type { VerifyInput } from './verify-options.ts';
import type { Difference } from '../receipts.ts';

/** Compares point and row of each retained chunk with each other. Needs both stores and a level above `counts`. */
export async function verifyRetained(
  context: StageContext,
  { vectors, rows, projection, deletes, refused, level }: VerifyInput,
  log: DifferenceLog,
): Promise<void> {
  if (vectors === undefined || rows === undefined || level === 'counts') return;
  const options = { vectors, rows, projection, deletes, refused, rehash: level !== 'ids' };
  for await (const found of retainedProblems(context, options)) await log.add(differenceOf(found));
}

/** A problem as `verify` reports it. */
export function differenceOf(found: RetainedProblem): Difference {
  if (found.problem === 'no-row') {
    return { store: 'neon', kind: 'missing', point_id: found.point.pointId, chunk_id: found.point.chunkId, fields: [] };
  }
  const at = { point_id: found.row.pointId, chunk_id: found.row.chunkId };
  switch (found.problem) {
    case 'no-point':
      return { store: 'qdrant', kind: 'missing', ...at, fields: [] };
    case 'apart':
      return { store: 'qdrant', kind: 'apart', ...at, fields: found.fields };
    case 'altered':
      return { store: 'neon', kind: 'stale', ...at, fields: ['content_hash'] };
  }
}
