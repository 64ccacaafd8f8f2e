import { describe, expect, it } from 'vitest';
import type { IndexedChunk, SqlClient, SqlRow, Statement } from '@lockstep/model';
import { collect } from '@lockstep/testing-ports';
import { createNeonLedger } from './neon-ledger.ts';
import { createNeonRowStore } from './neon-row-store.ts';

const MARK = `marked'; drop table lockstep_run; --`;
const marked = (what: string): string => `${MARK} ${what}`;

/** A client that records its statements, and answers each with one row that has every column that is read. */
function createRecorder(): { readonly sql: SqlClient; readonly statements: Statement[] } {
  const statements: Statement[] = [];
  const answer = (statement: Statement): SqlRow[] => {
    statements.push(statement);
    return [{ version: 0, fence: 1, count: 1, measures: '{}', scores: '{}' }];
  };
  return {
    statements,
    sql: {
      query: (statement) => Promise.resolve(answer(statement)),
      transaction: (all) => Promise.resolve(all.map(answer)),
    },
  };
}

const row: IndexedChunk = {
  ...{ chunkId: marked('chunk'), documentId: marked('document'), chapterTitle: marked('chapter'), pageNumber: 1 },
  ...{ text: marked('text'), createdAt: marked('time'), metadata: { [marked('key')]: marked('value') } },
  ...{ pointId: marked('point'), contentHash: marked('hash'), embeddingKey: marked('embedding') },
};
const corpus = marked('corpus');
const counts = { input: 1, qdrant: 1, neon: 1, pointsWritten: 1, pointsDeleted: 1, rowsWritten: 1, rowsDeleted: 1 };
const run = {
  ...{ runId: marked('run'), kind: marked('kind') as 'load', digest: marked('digest'), model: marked('model') },
  ...{ qdrantTarget: marked('target'), neonTarget: marked('target'), startedAt: marked('start'), atLeast: 1 },
};
const end = {
  ...{ finishedAt: marked('end'), outcome: marked('outcome') as 'done', error: marked('error') as 'usage', counts },
  ...{ tokensPaid: 1, tokensSaved: 1, embeddedAt: marked('embedded') },
};
const mean = { mean: 1, low: 1, high: 1 };
const evaluation = {
  ...{ evaluationId: marked('evaluation'), corpus, evaluatedAt: marked('time'), model: marked('model'), dimensions: 1 },
  ...{ run: { fence: 1, runId: marked('run'), digest: marked('digest') }, qdrantTarget: marked('target') },
  ...{ neonTarget: marked('target'), questionsFrom: marked('file'), questionsDigest: marked('digest'), questions: 1 },
  ...{ unanswerable: 1, k: 1, measures: { recall: mean, mrr: mean, ndcg: mean }, tokensPaid: 1 },
};
const scores = { ids: [marked('question')], keys: [marked('key')], recall: [1], mrr: [1], ndcg: [1] };
const stamp = { digest: marked('digest'), nonce: marked('nonce'), count: 1 };

/** Every function of a row store and a ledger, called with marked values as arguments. */
const stores: Readonly<Record<string, (sql: SqlClient) => Record<string, () => unknown>>> = {
  'the rows': (sql) => {
    const store = createNeonRowStore({ sql, table: 'rag_metadata', shownDatabase: marked('database') });
    return calls(store, {
      describe: () => store.describe(),
      census: () => store.census(),
      ensure: () => store.ensure(),
      count: () => store.count(corpus),
      scan: () => collect(store.scan(corpus)),
      scanRows: () => collect(store.scanRows(corpus)),
      rows: () => store.rows([marked('point')]),
      elsewhere: () => store.elsewhere(corpus, [{ chunkId: marked('chunk'), contentHash: marked('hash') }]),
      fence: () => store.fence(corpus),
      raiseFence: () => store.raiseFence(corpus, 1),
      upsert: () => store.upsert({ corpus, fence: 1, items: [row] }),
      delete: () => store.delete({ corpus, fence: 1, items: [marked('point')] }),
      pack: () => store.pack([row]),
    });
  },
  'the ledger': (sql) => {
    const ledger = createNeonLedger(sql);
    return calls(ledger, {
      ensure: () => ledger.ensure(),
      takeFence: () => ledger.takeFence(corpus, run),
      endRun: () => ledger.endRun(corpus, 1, end),
      runs: () => ledger.runs({ corpus, limit: 1 }),
      fenceHolder: () => ledger.fenceHolder(corpus),
      stamp: () => ledger.stamp(corpus, marked('store') as 'neon'),
      writeStamp: () => ledger.writeStamp(corpus, marked('store') as 'neon', { stamp, fence: 1 }),
      removeStamp: () => ledger.removeStamp(corpus, marked('store') as 'neon'),
      addEvaluation: () => ledger.addEvaluation(evaluation, scores),
      evaluations: () => ledger.evaluations({ corpus, limit: 1 }),
      questionScores: () => ledger.questionScores(marked('evaluation')),
      close: () => ledger.close(),
    });
  },
};

/** The calls, after a check that no function of the port is missing. */
function calls<Port extends object>(port: Port, made: Record<string, () => unknown>): Record<string, () => unknown> {
  const named = Object.entries(port).flatMap(([name, member]) => (typeof member === 'function' ? [name] : []));
  expect(Object.keys(made).toSorted()).toEqual(named.toSorted());
  return made;
}

describe('statements', () => {
  it.each(Object.entries(stores))(
    'the statements of %s hold values as parameters only, never in their text',
    async (_title, open) => {
      const { sql, statements } = createRecorder();
      for (const call of Object.values(open(sql))) await call();
      for (const [text] of statements) expect(text).not.toContain('marked');
      const withParameters = statements.filter(([, parameters]) => JSON.stringify(parameters ?? []).includes(MARK));
      expect(withParameters.length).toBeGreaterThan(6);
    },
  );

  it.each(['x"; drop table lockstep_run; --', 'x" (a int); --', 'Rows', 'a.b', '', 'a'.repeat(56), 'a\0b'])(
    'a row store cannot be made for a table named %j',
    (table) => {
      expect(() => createNeonRowStore({ sql: createRecorder().sql, table, shownDatabase: 'shown' })).toThrow(
        expect.objectContaining({ code: 'invariant' }),
      );
    },
  );

  it('every statement quotes the name of its table', async () => {
    const { sql, statements } = createRecorder();
    const store = createNeonRowStore({ sql, table: 'order', shownDatabase: 'shown' });
    await store.upsert({ corpus, fence: 1, items: [row] });
    await store.count(corpus);
    for (const [text] of statements.filter(([text]) => text.includes('order'))) expect(text).toContain('"order"');
    expect(statements.filter(([text]) => text.includes('"order"'))).toHaveLength(3);
  });
});
