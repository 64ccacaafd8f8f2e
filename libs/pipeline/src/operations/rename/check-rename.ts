import {
  counted,
  didYouMean,
  IndexingError,
  pointIdOf,
  type CallOptions,
  type ErrorCode,
  type RunRecord,
} from '@lockstep/model';
import type { RenameReceipt } from '../../receipts.ts';
import { inBatches } from '../../work/in-batches.ts';
import type { AllStores } from '../../work/stores.ts';
import { readContents } from './corpus-contents.ts';

export interface RenameNames {
  readonly from: string;
  readonly to: string;
}

/** What a rename has to do, and in which run. */
export interface RenameCheck extends Pick<RenameReceipt, 'step'> {
  /** Points and rows under the old name. */
  readonly points: number;
  readonly rows: number;
  /** Of an earlier rename that was cut short; undefined where there was none. */
  readonly runId: string | undefined;
}

/** Runs of the new name that are looked through for an earlier rename. */
const RUNS_MAX = 100;

/** Names that a message lists. */
const NAMES_MAX = 20;

/**
 * Says what a rename would do, and writes nothing.
 *
 * *Errors*: `usage` for equal names, and for an old name that no store has; `rename-refused` where the stores hold different
 * things under the old name, or others under the new one.
 */
export async function checkRename(names: RenameNames, stores: AllStores, call: CallOptions): Promise<RenameCheck> {
  const { from, to } = names;
  const { rows, vectors } = stores;
  if (from === to) throw refused('usage', `Expected two names, found ${from} twice.`);
  const counts = { points: await vectors.count(from, call), rows: await rows.count(from, call) };
  const isEmpty = counts.points + counts.rows === 0;
  const earlier = await earlierRename(names, stores, call);
  if (earlier !== undefined) {
    const isDeleted = earlier.drop.end?.outcome === 'done';
    if (isDeleted && isEmpty) return { ...counts, step: 'done', runId: undefined };
    if (!isDeleted && earlier.rename.end?.outcome === 'done') {
      return { ...counts, step: 'delete', runId: earlier.drop.runId };
    }
  }
  if (isEmpty) {
    const known = (await rows.census(call)).corpora.map(({ corpus }) => corpus);
    const listed = known.length === 0 ? 'nothing' : known.slice(0, NAMES_MAX).join(', ');
    throw refused(
      'usage',
      `Neither ${vectors.target} nor ${rows.target} holds anything of ${JSON.stringify(from)}.${didYouMean(from, known)} The rows are of ${listed}.`,
    );
  }
  if (counts.rows === 0) {
    throw refused(
      'rename-refused',
      `${vectors.target} has ${counted(counts.points, 'point')} of ${from} and ${rows.target} no row; expected both. Load ${from} once more, or drop it.`,
    );
  }
  const { apart, example } = await readContents(from, stores, call);
  if (apart > 0) {
    throw refused(
      'rename-refused',
      `${counted(apart, 'chunk')} of ${from}, such as ${JSON.stringify(example)}, ${apart === 1 ? 'is' : 'are'} not the same in both stores. Load or repair ${from}.`,
    );
  }
  await refuseStrangers(names, stores, call);
  return { ...counts, step: 'copy', runId: undefined };
}

/** The two runs of the last rename between these names: under the old name a drop, under the new one a rename. */
async function earlierRename(
  { from, to }: RenameNames,
  { ledger }: AllStores,
  call: CallOptions,
): Promise<{ drop: RunRecord; rename: RunRecord } | undefined> {
  const [drop] = await ledger.runs({ corpus: from, limit: 1 }, call);
  if (drop?.kind !== 'drop') return undefined;
  for (const run of await ledger.runs({ corpus: to, limit: RUNS_MAX }, call)) {
    if (run.kind === 'drop' && run.end?.outcome === 'done') return undefined;
    if (run.kind === 'rename' && run.runId === drop.runId) return { drop, rename: run };
  }
  return undefined;
}

/** What the new name holds must be what the old one holds: copies of an earlier rename, or of a load of the same chunks. */
async function refuseStrangers(
  { from, to }: RenameNames,
  { rows, vectors }: AllStores,
  call: CallOptions,
): Promise<void> {
  async function* held(): AsyncGenerator<{ chunkId: string; contentHash: unknown; embeddingKey: unknown }> {
    for await (const page of rows.scan(to, call)) yield* page;
    for await (const page of vectors.scan(to, call)) {
      for (const { payload } of page) {
        const { chunk_id: chunkId, content_hash: contentHash, embedding_key: embeddingKey } = payload;
        yield { chunkId: String(chunkId), contentHash, embeddingKey };
      }
    }
  }
  for await (const batch of inBatches(held())) {
    const found = await rows.rows(
      batch.map(({ chunkId }) => pointIdOf(from, chunkId)),
      call,
    );
    const known = new Map(found.filter(({ corpus }) => corpus === from).map((row) => [row.chunkId, row]));
    for (const { chunkId, contentHash, embeddingKey } of batch) {
      const row = known.get(chunkId);
      if (row?.contentHash === contentHash && row?.embeddingKey === embeddingKey) continue;
      throw refused(
        'rename-refused',
        `${to} holds other chunks than ${from}, such as ${JSON.stringify(chunkId)}, which a rename would mix up. Choose another name, or drop ${to}.`,
      );
    }
  }
}

export function refused(code: ErrorCode, message: string): IndexingError {
  return new IndexingError({ code, message });
}
