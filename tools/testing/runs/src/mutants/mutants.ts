import type { Action, Drift, Edit, Fault, ReconcileCase } from '../reconcile/actions.ts';
import type { Replacement } from './load-mutated.ts';

/** A mistake in the code, and a case that `reconcile` fails on because of it. */
export interface Mutant extends Replacement {
  /** What the code with the mistake does: `skips deletions`. */
  readonly name: string;
  readonly caughtBy: ReconcileCase;
  /** Ledger of the case. @default in memory */
  readonly ledger?: 'sqlite';
}

const PIPELINE = 'libs/pipeline/src';

const happening = (...actions: readonly Action[]): ReconcileCase => ({ deletes: ['full', 'full'], actions });
const load = (...edits: readonly Edit[]): Action => ({ do: 'load', side: 0, edits });
const disturbed = (fault: Fault, ...edits: readonly Edit[]): Action => ({ do: 'load', side: 0, edits, fault });
const drift = (what: Drift['drift'], at = 0): Action => ({
  do: 'drift',
  side: 0,
  drift: { drift: what, at, text: 'text 2' } as Drift,
});
const add = (id: string, text = 'text 1'): Edit => ({ edit: 'add', id, version: { text, tag: 1, document: 'd1' } });
const remove = (id: string): Edit => ({ edit: 'delete', id });

/** Another run, of the file with some edits, that takes over at the write of this number. */
const takeover = (number: number, ...edits: readonly Edit[]): Fault => ({
  fault: 'takeover',
  at: { of: 'writes', number },
  by: { run: 'load', edits, stays: false },
});

/** Code for the points of all corpora in the order of their ids, in place of those of one corpus. */
const OF_ALL_CORPORA =
  '(await Array.fromAsync((await vectors.census(call)).corpora, ({ corpus: any }) => Array.fromAsync(vectors.scan(any, call))))' +
  '.flat(2).toSorted((a, b) => (a.pointId < b.pointId ? -1 : 1))';

/** Chosen by hand: each breaks a promise, and each case is the smallest that shows it. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'writes every row again',
    file: `${PIPELINE}/compare/comparable-rows.ts`,
    find: 'if (actual.embeddingKey !== wanted.embeddingKey) return {',
    replace: 'return {',
    caughtBy: happening(load(), load()),
  },
  {
    name: 'writes every point again',
    file: `${PIPELINE}/compare/comparable-points.ts`,
    find: "if (payload['model'] !== projection.model) return {",
    replace: 'return {',
    caughtBy: happening(load(), load()),
  },
  {
    name: 'writes only the payload for another text',
    file: `${PIPELINE}/stages/load-qdrant.ts`,
    find: "new Set(['metadata',",
    replace: "new Set(['text', 'metadata',",
    caughtBy: happening(load(add('c1')), load(add('c1', 'text 2'))),
  },
  {
    name: 'embeds what the cache has',
    file: `${PIPELINE}/stages/embed.ts`,
    find: 'boolean => !cache.has(key);',
    replace: 'boolean => true;',
    caughtBy: happening(load(), load()),
  },
  {
    name: 'skips deletions',
    file: `${PIPELINE}/stages/load-store.ts`,
    find: "if (change.kind === 'delete') await toDelete.add(change.actual.pointId);",
    replace: "if (change.kind === 'delete') continue;",
    caughtBy: happening(load(add('c1')), load(remove('c1'))),
  },
  {
    name: 'deletes before it writes',
    file: `${PIPELINE}/stages/load-store.ts`,
    find: 'await toDelete.add(change.actual.pointId);',
    replace: '{ await beforeWrite(); await target.delete([change.actual.pointId]); }',
    caughtBy: happening(load(add('c1')), load(remove('c1'), add('c2'))),
  },
  {
    name: 'deletes what is held',
    file: `${PIPELINE}/compare/changes.ts`,
    find: "if (held !== undefined) yield { kind: 'held', actual };",
    replace: "if (held === null) yield { kind: 'held', actual };",
    caughtBy: happening(load(add('c1')), load({ edit: 'reject', id: 'c1' })),
  },
  {
    name: 'deletes in documents that the file does not mention',
    file: `${PIPELINE}/compare/changes.ts`,
    find: 'documents?.has(actual.documentId) === true',
    replace: 'documents !== undefined',
    caughtBy: { ...happening(load(add('c1')), load(remove('c1'))), deletes: ['document', 'full'] },
  },
  {
    name: 'loads with deletions in all corpora of the collection',
    file: `${PIPELINE}/compare/comparable-points.ts`,
    find: 'of vectors.scan(projection.corpus, call)) {',
    replace: `of [${OF_ALL_CORPORA}]) {`,
    caughtBy: happening({ do: 'load', side: 1 }, load()),
  },
  {
    name: 'drops all corpora of the collection',
    file: `${PIPELINE}/operations/delete-corpus.ts`,
    find: 'idsOf(vectors.scan(corpus, call))',
    replace: `idsOf((async function* () { yield ${OF_ALL_CORPORA}; })())`,
    caughtBy: happening({ do: 'load', side: 1 }, load(), { do: 'drop', side: 0 }),
  },
  {
    name: 'allows any number of deletions',
    file: `${PIPELINE}/compare/delete-guard.ts`,
    find: 'if (plan.delete <= count ||',
    replace: 'if (plan.delete >= 0 ||',
    caughtBy: happening(load(add('c1')), { do: 'load', side: 0, edits: [remove('c1')], guarded: true }),
  },
  {
    name: 'writes to Qdrant without checking the fence',
    file: `${PIPELINE}/runs/fence.ts`,
    find: 'if (holder?.fence !== run.fence) throw',
    replace: 'if (holder === null) throw',
    caughtBy: happening(disturbed(takeover(2, add('c1')))),
  },
  {
    name: 'takes a stamp that was refused as written',
    file: `${PIPELINE}/stages/load-store.ts`,
    find: 'if (!(await ledger.writeStamp(corpus, store, { stamp, fence: run.fence }))) {',
    replace: 'if ((await ledger.writeStamp(corpus, store, { stamp, fence: run.fence })) === null) {',
    caughtBy: happening(load(), disturbed(takeover(2))),
  },
  {
    name: 'writes stamps under the fence of an earlier run',
    file: 'libs/embedded/src/ledger/sqlite-ledger.ts',
    find: 'from fence where corpus = ? and fence = ?\n       on conflict',
    replace: 'from fence where corpus = ? and fence >= ?\n       on conflict',
    caughtBy: happening(load(), disturbed(takeover(2))),
    ledger: 'sqlite',
  },
  {
    name: 'believes what was probed before the fence was taken',
    file: `${PIPELINE}/stages/provision.ts`,
    find: 'stores = await probeStores(context, { ...options, validated, plan, before });',
    replace: 'stores = before;',
    caughtBy: happening(disturbed(takeover(1))),
  },
  {
    name: 'drops without checking the fence',
    file: `${PIPELINE}/operations/delete-corpus.ts`,
    find: 'await checkFence({ corpus, runId, fence }, ledger, signal);',
    replace: '',
    caughtBy: happening({ do: 'drop', side: 0, fault: takeover(2) }),
  },
  {
    name: 'leaves the stamp while it writes',
    file: `${PIPELINE}/stages/load-store.ts`,
    find: 'await ledger?.removeStamp(corpus, store);',
    replace: '',
    caughtBy: happening(load(), load(add('c1'))),
  },
  {
    name: 'leaves the stamps while it drops',
    file: `${PIPELINE}/operations/delete-corpus.ts`,
    find: 'for (const store of STORES) await ledger.removeStamp(corpus, store, call);',
    replace: '',
    caughtBy: happening(load(), { do: 'drop', side: 0 }),
  },
  {
    name: 'leaves the stamp of a store that was found to differ',
    file: `${PIPELINE}/stages/verify.ts`,
    find: 'if (log.sides[store] > 0 &&',
    replace: 'if (log.sides[store] < 0 &&',
    caughtBy: happening(load(), drift('point field edited'), load()),
  },
  {
    name: 'stamps the count from before the load',
    file: `${PIPELINE}/stages/load-store.ts`,
    find: 'count: countAfter }',
    replace: 'count: countBefore }',
    caughtBy: happening(load()),
  },
  {
    name: 'believes a stamp with another count',
    file: `${PIPELINE}/compare/probe-stores.ts`,
    find: ' && stamp.count === count;',
    replace: ';',
    caughtBy: happening(load(), drift('row deleted'), load()),
  },
  {
    name: 'believes a stamp of other chunks',
    file: `${PIPELINE}/compare/probe-stores.ts`,
    find: 'stamp.digest === digest && ',
    replace: '',
    caughtBy: happening(load(), load(add('c1'))),
  },
  {
    name: 'gives the nonce of a stamp that does not fit',
    file: `${PIPELINE}/compare/probe-stores.ts`,
    find: 'nonce: inStep && stamp !== undefined ?',
    replace: 'nonce: stamp !== undefined ?',
    caughtBy: happening(load(), drift('row deleted'), load()),
  },
  {
    name: 'believes the labels of a store without a stamp',
    file: `${PIPELINE}/compare/probe-stores.ts`,
    find: "depth: stamp === undefined ? 'content' : 'labels'",
    replace: "depth: stamp === null ? 'content' : 'labels'",
    caughtBy: happening(load(), drift('row metadata edited'), load(), load()),
  },
  {
    name: 'believes the vectors of a store without a stamp',
    file: `${PIPELINE}/stages/load-qdrant.ts`,
    find: "provisioned.depth === 'labels' ? points :",
    replace: 'provisioned.depth !== undefined ? points :',
    caughtBy: happening(load(), drift('point vector swapped'), drift('stamp withdrawn'), load()),
  },
  {
    name: 'believes the content hash of a row',
    file: `${PIPELINE}/compare/comparable-rows.ts`,
    find: 'if (contentHashOf(actual) === line.contentHash) return fields;',
    replace: 'if (actual.contentHash === line.contentHash) return fields;',
    caughtBy: happening(load(), drift('row text edited'), load()),
  },
  {
    name: 'believes the content hash of a kept row',
    file: `${PIPELINE}/compare/retained-problems.ts`,
    find: 'else if (rehash && contentHashOf(row) !== row.contentHash)',
    replace: 'else if (rehash && row.contentHash === undefined)',
    caughtBy: {
      ...happening(load(add('c1')), drift('row text edited'), drift('row text edited', 1), load(remove('c1'))),
      deletes: ['none', 'full'],
    },
  },
  {
    name: 'does not compare the point and the row of a kept chunk',
    file: `${PIPELINE}/stages/verify.ts`,
    find: 'if (retained) await',
    replace: 'if (retained === undefined) await',
    caughtBy: { ...happening(load(), drift('point added'), load()), deletes: ['none', 'full'] },
  },
];
