import { IndexingError, type RowState, type RowStore } from '@lockstep/model';
import { comparableRows } from '../compare/comparable-rows.ts';
import { loadStore, type LoadOptions, type LoadTarget } from './load-store.ts';
import { readRun } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { LoadReceipt } from '../receipts.ts';

export interface LoadNeonOptions extends LoadOptions {
  readonly rows: RowStore;
}

/** Loads the rows of a corpus, in transactions that each check the fence. Fails as `loadStore` does. */
export async function loadNeon(context: StageContext, options: LoadNeonOptions): Promise<LoadReceipt> {
  const { corpus, signal } = context;
  const { rows } = options;
  const call = { signal };
  const { run, provisioned } = await readRun(context.artifacts, 'neon');
  const { fence } = run;
  if (fence === undefined) {
    throw new IndexingError({
      code: 'artifact-missing',
      message: 'The last provision was not for Postgres. Run provision again.',
    });
  }
  const target: LoadTarget<RowState> = {
    ...comparableRows(rows, corpus, provisioned.depth, call),
    store: 'neon',
    target: rows.target,
    projection: null,
    count: () => rows.count(corpus, call),
    kindOf: () => 'whole',
    async write(_kind, chunks) {
      for (const items of rows.pack(chunks)) await rows.upsert({ corpus, fence, items }, call);
      return chunks.length;
    },
    delete: (pointIds) => rows.delete({ corpus, fence, items: pointIds }, call),
  };
  return loadStore(context, target, options);
}
