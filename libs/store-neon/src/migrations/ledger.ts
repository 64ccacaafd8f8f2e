import type { Migration } from '../migrate.ts';

/** Fences and stamps of all corpora of a database. */
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
    // The share lock makes a run that takes over wait for transactions that are about to commit.
    `create function lockstep_assert_fence(the_corpus text, the_fence bigint) returns void language plpgsql as $$
      begin
        perform 1 from lockstep_fence where corpus = the_corpus and fence = the_fence for share;
        if not found then
          raise exception 'another run of the corpus started later and took over' using errcode = 'LS001';
        end if;
      end $$`,
  ],
];
