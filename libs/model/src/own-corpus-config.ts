/** Keys of `corpus.json`, without the schema that checks them: the project graph of Nx is made without loading it. */
export const CORPUS_KEYS: readonly string[] = [
  '$schema',
  'name',
  'input',
  'collection',
  'table',
  'model',
  'dimensions',
  'batchSize',
  'qdrantBatchSize',
  'neonBatchSize',
  'deletes',
  'overlong',
  'fields',
  'maxRejectedPercent',
  'payload',
];

/** Names of corpora; a few more are refused that files and folders cannot have. */
export const CORPUS_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** Largest `corpus.json`, in bytes; usual ones have a few hundred. */
export const CONFIG_BYTES_MAX = 1024 * 1024;

/**
 * Whether the content of a file named `corpus.json` is meant for this program, right or wrong; other programs have files of
 * that name. It is where its `$schema` is ours, where it has `input`, or where at least half of its keys are ours, so that
 * one misspelt key is an error and not a corpus that is missed.
 */
export function isOwnCorpusConfig(content: unknown): boolean {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  const keys = Object.keys(content);
  if (keys.includes('input')) return true;
  const { $schema } = content as { readonly $schema?: unknown };
  if (typeof $schema === 'string') return $schema.endsWith('corpus.schema.json');
  return keys.filter((key) => CORPUS_KEYS.includes(key)).length * 2 >= Math.max(keys.length, 1);
}
