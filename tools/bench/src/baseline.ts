/*
 * The baseline: the official clients alone, as a short script would use them. Embeddings in batches of 100, points in
 * upserts of 256, both with as many requests under way as the pipeline has; no check, no cache, no comparison, no rows.
 * Takes the path of the corpus and the name of the collection.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { QdrantClient } from '@qdrant/js-client-rest';
import OpenAI from 'openai';
import type { GeneratedRecord } from './generate-corpus.ts';

const EMBED_ITEMS = 100;
const EMBED_CONCURRENCY = 8;
const UPSERT_ITEMS = 256;
const UPSERT_CONCURRENCY = 2;

const [path, collection] = process.argv.slice(2) as [string, string];
const openai = new OpenAI();
const address = new URL(process.env['QDRANT_HOST'] as string);
const qdrant = new QdrantClient({
  url: `${address.protocol}//${address.hostname}`,
  port: Number(address.port),
  checkCompatibility: false,
});
await qdrant.createCollection(collection, { vectors: { size: 1536, distance: 'Cosine' } });

const records = JSON.parse(readFileSync(path, 'utf8')) as GeneratedRecord[];
const upserts = new Set<Promise<void>>();
let points: ReturnType<typeof pointOf>[] = [];

function pointOf(record: GeneratedRecord, vector: number[]) {
  const { text_snippet_preview: _, ...payload } = record;
  return { id: uuidOf(record.chunk_id), vector, payload };
}

function uuidOf(text: string): string {
  return createHash('sha1')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-5$3-8$4-$5');
}

async function upsert(batch: typeof points): Promise<void> {
  if (upserts.size >= UPSERT_CONCURRENCY) await Promise.race(upserts);
  const done: Promise<void> = qdrant
    .upsert(collection, { wait: true, points: batch })
    .then(() => void upserts.delete(done));
  upserts.add(done);
}

async function embed(batch: readonly GeneratedRecord[]) {
  const input = batch.map((record) => record.text_snippet_preview);
  const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input });
  return data.map(({ index, embedding }) => pointOf(batch[index] as GeneratedRecord, embedding));
}

for (let from = 0; from < records.length; from += EMBED_ITEMS * EMBED_CONCURRENCY) {
  const round = Array.from({ length: EMBED_CONCURRENCY }, (_, lane) => {
    const start = from + lane * EMBED_ITEMS;
    return records.slice(start, start + EMBED_ITEMS);
  });
  for (const embedded of await Promise.all(round.filter((batch) => batch.length > 0).map(embed))) {
    points.push(...embedded);
    while (points.length >= UPSERT_ITEMS) {
      await upsert(points.slice(0, UPSERT_ITEMS));
      points = points.slice(UPSERT_ITEMS);
    }
  }
}
if (points.length > 0) await upsert(points);
await Promise.all(upserts);
