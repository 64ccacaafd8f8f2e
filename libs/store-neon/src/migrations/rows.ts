import type { Migration } from '../migrate.ts';

/**
 * The metadata table. Its first six columns are those of the system before this one, whose queries by `chunk_id` keep
 * working on a table with one corpus.
 */
export function rowsMigrations(table: string): readonly Migration[] {
  return [
    [
      `create table "${table}" (
        chunk_id text not null,
        document_id text,
        chapter_title text,
        page_number integer,
        text_snippet_preview text not null,
        created_at timestamptz default current_timestamp,
        corpus text not null,
        metadata jsonb not null,
        content_hash text not null,
        embedding_key text not null,
        point_id uuid not null,
        updated_at timestamptz not null default now(),
        primary key (corpus, chunk_id))`,
      // For scans of a corpus in the order of its point ids.
      `create unique index "${table}_point" on "${table}" (corpus, point_id)`,
      // For joins with search hits, and for queries by chunk id without a corpus.
      `create index "${table}_point_id" on "${table}" (point_id)`,
      `create index "${table}_chunk_id" on "${table}" (chunk_id)`,
    ],
  ];
}
