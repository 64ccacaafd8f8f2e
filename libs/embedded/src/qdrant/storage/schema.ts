/** The version of the tables below, stored in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 1;

/**
 * The tables of one storage file.
 *
 * - A collection has the slots `id * 2^32 + n`, so that a scan of its points is one range. A slot is never used twice:
 *   `next_slot` only grows.
 * - `points_by_id` has the bytes of `encodePointId`, so its order is Qdrant's order of ids.
 * - Vectors have a table of their own, so that reads of ids and payloads do not load their pages.
 * - `payload_keys` has one row per (payload index, value, point), in id order within a value. It answers `match` on an
 *   indexed key in id order without reading a payload.
 * - Every write updates `points_count`, and `points` of an index, so that the limit of points, an unfiltered count and
 *   the description of a collection need no scan.
 * - `vectors_changed` grows when a stored vector is replaced or removed, which invalidates cached vectors of searches.
 *   New vectors have higher slots and need no mark.
 * - `metadata` of a collection is no longer read or written; the column stays, so that files keep their format.
 */
export const SCHEMA = `
CREATE TABLE collections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  dimensions INTEGER NOT NULL,
  config TEXT NOT NULL,
  metadata TEXT,
  points_count INTEGER NOT NULL DEFAULT 0,
  next_slot INTEGER NOT NULL DEFAULT 0,
  operations INTEGER NOT NULL DEFAULT 0,
  vectors_changed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE aliases (
  alias TEXT PRIMARY KEY,
  collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_collection ON aliases (collection_id);

CREATE TABLE points (
  slot INTEGER PRIMARY KEY,
  collection_id INTEGER NOT NULL,
  point_id BLOB NOT NULL,
  version INTEGER NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX points_by_id ON points (collection_id, point_id);

CREATE TABLE vectors (slot INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;

CREATE TABLE payload_indexes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  field_schema TEXT NOT NULL,
  points INTEGER NOT NULL DEFAULT 0,
  UNIQUE (collection_id, field)
) STRICT;

CREATE TABLE payload_keys (
  index_id INTEGER NOT NULL,
  key TEXT NOT NULL,
  point_id BLOB NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (index_id, key, point_id)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = ${SCHEMA_VERSION};
`;
