import * as v from 'valibot';
import { CorpusConfigSchema, IndexingError, type CorpusConfig, type CorpusInputPart } from '@lockstep/model';
import type { Flags } from '../settings/flags.ts';
import { typedFields } from '../settings/corpus-settings.ts';

export interface NewCorpus {
  readonly name: string;
  /** Paths of the input, from the folder of the file, and addresses. */
  readonly input: readonly CorpusInputPart[];
  /** What was typed, without what variables say. */
  readonly typed: Partial<Flags>;
  /** The paths that make ids unique, where those of the input are not. */
  readonly uniqueId?: readonly string[] | null | undefined;
  /** Path of the schema from the folder of the file, for editors. @default none */
  readonly schema?: string | undefined;
}

/**
 * The content of a new `corpus.json`: what the corpus needs and what was asked for; everything else has its default. Fails
 * with `config-invalid` for a name or a field that cannot be.
 */
export function newCorpusConfig({ name, input, typed, uniqueId, schema }: NewCorpus): CorpusConfig {
  const fields = { ...(uniqueId ? { id: [...uniqueId] } : {}), ...typedFields(typed) };
  const config = {
    $schema: schema,
    name,
    input: input.length === 1 ? input[0] : input,
    collection: typed.collection,
    table: typed.table,
    model: typed.model,
    dimensions: typed.dimensions,
    batchSize: typed['batch-size'],
    qdrantBatchSize: typed['qdrant-batch-size'],
    neonBatchSize: typed['neon-batch-size'],
    deletes: typed.deletes,
    overlong: typed.overlong,
    fields: Object.keys(fields).length > 0 ? fields : undefined,
    maxRejectedPercent: typed['max-rejected-percent'],
    payload: typed.payload,
  };
  const stated = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  const result = v.safeParse(CorpusConfigSchema, stated);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new IndexingError({
    code: 'config-invalid',
    message: `${v.getDotPath(issue) ?? 'corpus.json'}: ${issue.message}.`,
  });
}
