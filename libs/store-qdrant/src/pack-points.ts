import { packByBytes, utf8Bytes, type Point } from '@lockstep/model';

/**
 * Most bytes of one request, estimated. Qdrant refuses bodies over 32 MiB (its default `max_request_size_mb`), and
 * recommends about 5 MB (https://github.com/qdrant/landing_page/pull/253, 2026-07).
 */
export const REQUEST_BYTES_MAX = 8 * 1024 * 1024;

/** A number of a unit vector as JSON, with its comma: `-0.012345678,`. */
const NUMBER_BYTES = 13;
/** Id, names of fields and braces of a point. */
const POINT_BYTES = 100;

/** Groups points, or payloads alone, into requests. */
export function packPoints<Item extends Pick<Point, 'payload'> & { readonly vector?: Float32Array }>(
  items: readonly Item[],
): Item[][] {
  return packByBytes(
    items,
    REQUEST_BYTES_MAX,
    ({ payload, vector }) => POINT_BYTES + (vector?.length ?? 0) * NUMBER_BYTES + utf8Bytes(JSON.stringify(payload)),
  );
}
