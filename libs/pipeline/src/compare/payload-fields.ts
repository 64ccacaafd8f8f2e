import { IndexingError, isJsonObject, type JsonObject, type VectorStore } from '@lockstep/model';
import { readChunkPages } from '../files/corpus-files.ts';
import { parseFieldPath, valueAt } from '../input/shapes/field-path.ts';
import type { StageContext } from '../work/stage-context.ts';
import { editDistance } from './edit-distance.ts';
import { filterValue, PAYLOAD_COLUMNS, type Projection } from './projection.ts';

/** Paths of metadata that are remembered for the message, and keys that one of them may have. */
const PATHS_MAX = 1000;
const DEPTH_MAX = 8;

/** Names that the message lists, and near ones among them. */
const LISTED_MAX = 30;
const NEAR_MAX = 3;

/** A key that can be part of a payload field. */
const FIELD_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * Fails with `config-invalid` for a field of the projection that is no column and that no chunk has; the message names
 * near ones. A field that an earlier load had is fine: a point of the corpus has it, or was written with the same fields,
 * so that an index that was loaded with a misspelt one goes on working. It reads chunks until all fields are found, which
 * is one page where the first have them, and points only where a field is not found.
 */
export async function checkPayloadFields(
  { artifacts, corpus, signal }: StageContext,
  { fields, id }: Projection,
  vectors: () => Promise<VectorStore>,
): Promise<void> {
  const unseen = new Set(fields.filter((field) => !PAYLOAD_COLUMNS.includes(field)));
  if (unseen.size === 0) return;
  const paths = new Set<string>();
  for await (const page of readChunkPages(artifacts)) {
    signal?.throwIfAborted();
    for (const line of page) {
      const chunk = line.chunk();
      for (const field of unseen) if (filterValue(chunk, field) !== undefined) unseen.delete(field);
      if (unseen.size === 0) return;
      addPaths(chunk.metadata, '', 1, paths);
    }
  }
  for await (const page of (await vectors()).scan(corpus, { signal })) {
    for (const { payload } of page) {
      if (payload['projection'] === id) return;
      for (const field of unseen) if (valueAt(payload, parseFieldPath(field)) !== undefined) unseen.delete(field);
    }
    if (unseen.size === 0) return;
  }
  const [field = ''] = unseen;
  throw new IndexingError({
    code: 'config-invalid',
    message: `payload: no chunk has ${JSON.stringify(field)}, and it is no column.${advice(field, [...paths].toSorted())}`,
    details: { field },
  });
}

function addPaths(object: JsonObject, before: string, depth: number, paths: Set<string>): void {
  for (const [key, value] of Object.entries(object)) {
    if (paths.size >= PATHS_MAX) return;
    if (!FIELD_KEY.test(key)) continue;
    paths.add(`${before}${key}`);
    if (isJsonObject(value) && depth < DEPTH_MAX) addPaths(value, `${before}${key}.`, depth + 1, paths);
  }
}

function advice(field: string, paths: readonly string[]): string {
  const near = nearNames(field, [...PAYLOAD_COLUMNS, ...paths]);
  const meant = near.length === 0 ? '' : ` Did you mean ${near.map((name) => JSON.stringify(name)).join(' or ')}?`;
  const rest = paths.length > LISTED_MAX ? `, and ${paths.length - LISTED_MAX} more` : '';
  const metadata =
    paths.length === 0 ? 'no metadata' : `${paths.slice(0, LISTED_MAX).join(', ')}${rest} in their metadata`;
  return `${meant} The chunks have ${metadata}; the columns are ${PAYLOAD_COLUMNS.join(', ')}.`;
}

/** The names that differ least, whatever their case, or a part of which does: `title` is near `chapter_title`. */
function nearNames(field: string, names: readonly string[]): string[] {
  const bare = field.replace(/^metadata\./, '').toLowerCase();
  const farthest = Math.max(1, Math.floor(bare.length / 3));
  return names
    .map((name) => {
      const parts = [name, ...name.split(/[._-]/)].filter((part) => part !== '');
      return { name, distance: Math.min(...parts.map((part) => editDistance(bare, part.toLowerCase()))) };
    })
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, NEAR_MAX)
    .map(({ name }) => name);
}
