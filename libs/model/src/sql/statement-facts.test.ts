import { expect, it } from 'vitest';
import type { Statement } from './sql-client.ts';
import { statementFacts } from './statement-facts.ts';

const one = (text: string, parameter: string): readonly Statement[] => [[text, [parameter]]];

it.each<[text: string, operation: string, table: string | undefined]>([
  ['select count(*)::int as count from "rag_metadata" where corpus = $1', 'SELECT', 'rag_metadata'],
  ['insert into rag_metadata (corpus) select $1 from unnest($2)', 'INSERT', 'rag_metadata'],
  ['delete from "rag_metadata" as stored using unnest($2) as u', 'DELETE', 'rag_metadata'],
  ['update lockstep_run set outcome = $3 where corpus = $1', 'UPDATE', 'lockstep_run'],
  ['create table if not exists lockstep_migration (component text)', 'CREATE', 'lockstep_migration'],
  [
    'with taken as (insert into lockstep_fence values ($1) returning fence) insert into lockstep_run',
    'INSERT',
    'lockstep_fence',
  ],
  ['select lockstep_assert_fence($1, $2)', 'SELECT', undefined],
  ['show server_version', 'SHOW', undefined],
])('the facts of %j are the command %s and the table %s', (text, operation, table) => {
  expect(statementFacts(one(text, 'secret'))).toEqual({
    database: 'postgresql',
    operation,
    summary: table === undefined ? operation : `${operation} ${table}`,
    collection: table,
    statements: undefined,
  });
});

it('a transaction is a batch of its commands, and counts its statements', () => {
  const statements: readonly Statement[] = [
    ['select lockstep_assert_fence($1, $2)', ['books', 1]],
    ['delete from rag_metadata where corpus = $1', ['books']],
    ['insert into rag_metadata (corpus) values ($1)', ['books']],
  ];
  expect(statementFacts(statements)).toEqual({
    database: 'postgresql',
    operation: 'BATCH',
    summary: 'SELECT DELETE INSERT rag_metadata',
    collection: 'rag_metadata',
    statements: 3,
  });
});
