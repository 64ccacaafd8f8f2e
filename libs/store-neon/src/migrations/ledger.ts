import type { Migration } from '../migrate.ts';

/** Fences, stamps, runs and evaluations of all corpora of a database. Steps only add, so that older versions keep working. */
export const LEDGER_MIGRATIONS: readonly Migration[] = [
  [
    `create table lockstep_fence (
      corpus text primary key,
      fence bigint not null,
      run_id text not null,
      digest text not null,
      taken_at timestamptz not null default now())`,
    `create table lockstep_stamp (
      corpus text not null,
      store text not null,
      digest text not null,
      nonce text not null,
      count bigint not null,
      written_at timestamptz not null default now(),
      primary key (corpus, store))`,
    // The share lock makes a run that takes the fence wait for transactions that are about to commit.
    `create function lockstep_assert_fence(the_corpus text, the_fence bigint) returns void language plpgsql as $$
      begin
        perform 1 from lockstep_fence where corpus = the_corpus and fence = the_fence for share;
        if not found then
          raise exception 'another run of the corpus started later and took over' using errcode = 'LS001';
        end if;
      end $$`,
  ],
  [
    // The columns from `finished_at` on are null until the run ends.
    `create table lockstep_run (
      corpus text not null,
      fence bigint not null,
      run_id text not null,
      kind text not null,
      digest text not null,
      model text,
      qdrant_target text,
      neon_target text,
      started_at timestamptz not null,
      finished_at timestamptz,
      outcome text,
      error text,
      input_count bigint,
      qdrant_count bigint,
      neon_count bigint,
      points_written bigint,
      points_deleted bigint,
      rows_written bigint,
      rows_deleted bigint,
      tokens_paid bigint,
      tokens_saved bigint,
      embedded_at timestamptz,
      primary key (corpus, fence))`,
    // For the latest runs of all corpora; the primary key serves those of one corpus.
    `create index lockstep_run_started on lockstep_run (started_at desc, fence desc)`,
  ],
  // What the run did with texts that are too long; null in a drop, and in runs of versions that had no windows.
  [`alter table lockstep_run add column overlong text`],
  // The input of the run, and what its ids came from; null in a drop, and in runs of versions that remembered neither.
  [`alter table lockstep_run add column input text, add column shape text`],
  // What its stages did, as JSON of `RunWork`; null in runs without stages, and in runs of versions that did not record it.
  [`alter table lockstep_run add column work text`],
  [
    // The columns of the run are null where the ledger knew none. `measures` and `scores`, which has each question's, are JSON.
    `create table lockstep_evaluation (
      evaluation_id text primary key,
      corpus text not null,
      evaluated_at timestamptz not null,
      fence bigint,
      run_id text,
      digest text,
      model text not null,
      dimensions bigint not null,
      qdrant_target text not null,
      neon_target text not null,
      questions_from text not null,
      questions_digest text not null,
      questions bigint not null,
      unanswerable bigint not null,
      k bigint not null,
      measures text not null,
      tokens_paid bigint not null,
      scores text not null)`,
    `create index lockstep_evaluation_evaluated on lockstep_evaluation (evaluated_at desc)`,
  ],
];
