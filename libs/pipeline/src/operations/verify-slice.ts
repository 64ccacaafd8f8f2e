import { contentHashOf, STORES, type CallOptions, type IndexedChunk, type StoredPoint } from '@lockstep/model';
import { differentFields, pointStateOf } from '../compare/comparable-points.ts';
import type { Projection } from '../compare/projection.ts';
import { differentLabels, type RetainedProblem } from '../compare/retained-problems.ts';
import type { Difference, SliceReport } from '../receipts.ts';
import { differenceOf } from '../stages/verify-retained.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { AllStores } from '../work/stores.ts';
import { storedPages } from './rename/corpus-contents.ts';

export interface VerifySliceOptions extends AllStores {
  readonly projection: Projection;
  /** The slice begins after this point id. @default the first slice */
  readonly after?: string | undefined;
  /** Chunks of a slice, at most. */
  readonly items: number;
  /** Whether the stamps are left as they are, so that nothing is written. @default false */
  readonly keepStamps?: boolean | undefined;
}

/** A chunk as both stores have it. */
interface Stored {
  readonly row: IndexedChunk | undefined;
  readonly point: StoredPoint | undefined;
}

/**
 * Compares rows and points of a corpus with each other, a slice at a time in the order of their ids, without the input: ids,
 * hashes, and the content of each row with its own hash; every field of a point where it was written in the form that is asked for.
 * Vectors are not compared. What differs is read once more before it is reported, since an edit may be under way.
 *
 * Where something differs, both stores lose their stamps, so that the next load compares everything, unless `keepStamps`.
 */
export async function verifySlice(
  { corpus, clock, logger, signal }: Pick<StageContext, 'corpus' | 'clock' | 'logger' | 'signal'>,
  { vectors, rows, ledger, projection, after, items, keepStamps = false }: VerifySliceOptions,
): Promise<SliceReport> {
  const call: CallOptions = { signal };
  const startedAt = clock.now();
  const suspects: string[] = [];
  let compared = 0;
  let last: string | undefined;
  pages: for await (const page of storedPages(corpus, { rows, vectors }, { ...call, after })) {
    for (const stored of page) {
      if (compared === items) break pages;
      last = (stored.row ?? stored.point)?.pointId;
      compared += 1;
      if (problemOf(stored, projection) !== undefined) suspects.push(last as string);
    }
  }
  const differences: Difference[] = suspects.length === 0 ? [] : await readAgain();
  if (differences.length > 0 && !keepStamps) {
    for (const store of STORES) await ledger.removeStamp(corpus, store, call);
  }
  logger.info('slice-verified', { corpus, compared, differences: differences.length });
  return {
    ok: differences.length === 0,
    corpus,
    compared,
    differences,
    cursor: compared === items ? (last ?? null) : null,
    targets: { qdrant: vectors.target, neon: rows.target },
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };

  async function readAgain(): Promise<Difference[]> {
    const found = new Map((await rows.rows(suspects, call)).map((row) => [row.pointId, row]));
    const points = new Map((await vectors.points(suspects, call)).map((point) => [point.pointId, point]));
    return suspects.flatMap((id) => {
      const problem = problemOf({ row: found.get(id), point: points.get(id) }, projection);
      return problem === undefined ? [] : [differenceOf(problem)];
    });
  }
}

function problemOf({ row, point }: Stored, projection: Projection): RetainedProblem | undefined {
  if (row === undefined) return point === undefined ? undefined : { problem: 'no-row', point: pointStateOf(point) };
  if (contentHashOf(row) !== row.contentHash) return { problem: 'altered', row };
  if (point === undefined) return { problem: 'no-point', row };
  const state = pointStateOf(point);
  const isSameForm = state.payload['projection'] === projection.id;
  const fields = isSameForm ? differentFields(row, state.payload, projection) : differentLabels(state, row);
  return fields.length === 0 ? undefined : { problem: 'apart', row, fields };
}
