import type { Schemas } from '@qdrant/js-client-rest';
import { isIndexingError } from '@lockstep/model';
import { isTooLargeForRate, statusOf } from './to-indexing-error.ts';

/**
 * How much a server takes in one request, as far as it has said: by the strict mode of the collection
 * (https://qdrant.tech/documentation/guides/administration/#strict-mode, 2026-11), or by refusing a request.
 */
export interface ServerLimits {
  /** Points of one page that is read. */
  pageItems: number;
  /** Points that one request writes, changes or deletes. */
  writeItems: number;
}

/** Takes over what the description of a collection says. */
export function learnFromInfo(limits: ServerLimits, { config }: Schemas['CollectionInfo']): void {
  const strict = config.strict_mode_config as Schemas['StrictModeConfigOutput'] | null | undefined;
  if (strict?.enabled !== true) return;
  limits.pageItems = Math.min(limits.pageItems, strict.max_query_limit ?? Infinity);
  limits.writeItems = Math.min(
    limits.writeItems,
    strict.upsert_max_batchsize ?? Infinity,
    // Points a minute; one request of more is never carried out.
    strict.write_rate_limit ?? Infinity,
  );
}

/**
 * Takes over what the refusal of a request of `sent` points says about its size. Throws the error again if it says nothing of that, or
 * if no smaller request would do. The texts are those of Qdrant 1.18 (`lib/collection/src/operations/verification`, `lib/shard` `rate_limiting`).
 */
export function learnFromRefusal(limits: ServerLimits, kind: keyof ServerLimits, sent: number, error: unknown): void {
  const reason = isIndexingError(error) ? String(error.details['reason']) : '';
  const stated = /Limit exceeded \d+ > (\d+) for/.exec(reason)?.[1];
  const allowed = stated !== undefined ? Number(stated) : isTooLargeForRate(reason) ? Math.floor(sent / 2) : sent;
  if (allowed < 1 || allowed >= sent) throw error;
  limits[kind] = Math.min(limits[kind], allowed);
}

/** Whether strict mode refused a filter by a key that has no index. */
export function isIndexMissing(error: unknown): boolean {
  const reason = isIndexingError(error) ? error.details['reason'] : undefined;
  return statusOf(error) === 400 && typeof reason === 'string' && reason.includes('Index required but not found');
}

/** Items in parts of at most `size`. */
export function partsOf<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = [];
  const length = Math.min(size, items.length);
  for (let from = 0; from < items.length; from += length) parts.push(items.slice(from, from + length));
  return parts;
}
