import { didYouMean, IndexingError, isJsonObject, type JsonObject, type VectorStore } from '@lockstep/model';
import { readChunkPages } from '../files/corpus-files.ts';
import { parseFieldPath, valueAt } from '../input/shapes/field-path.ts';
import type { StageContext } from '../work/stage-context.ts';
import { filterValue, PAYLOAD_COLUMNS, type Projection } from './projection.ts';

/** Paths of metadata that are remembered for the message, and keys that one of them may have. */
const PATHS_MAX = 1000;
const DEPTH_MAX = 8;

/** Names that the message lists. */
const LISTED_MAX = 30;

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
    message: `payload: ${problemOf(field)}.${advice(field, [...paths].toSorted())}`,
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

/** Fields that every chunk has, and that no payload takes as they are. */
const NOT_IN_PAYLOADS: Readonly<Record<string, string>> = {
  text: 'is in the rows alone, in the column text_snippet_preview',
  metadata: 'is all of the metadata; expected one field of it',
};

function problemOf(field: string): string {
  const why = Object.hasOwn(NOT_IN_PAYLOADS, field) ? NOT_IN_PAYLOADS[field] : undefined;
  return why === undefined
    ? `no chunk has ${JSON.stringify(field)}, and it is no column`
    : `${JSON.stringify(field)} ${why}`;
}

function advice(field: string, paths: readonly string[]): string {
  const meant = didYouMean(field.replace(/^metadata\./, ''), [...PAYLOAD_COLUMNS, ...paths]);
  const rest = paths.length > LISTED_MAX ? `, and ${paths.length - LISTED_MAX} more` : '';
  const metadata =
    paths.length === 0 ? 'no metadata' : `${paths.slice(0, LISTED_MAX).join(', ')}${rest} in their metadata`;
  return `${meant} The chunks have ${metadata}; the columns are ${PAYLOAD_COLUMNS.join(', ')}.`;
}
