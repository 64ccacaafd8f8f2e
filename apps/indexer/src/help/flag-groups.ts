import type { FlagName } from '../settings/flags.ts';

/** The flags in the order and under the titles of help. Each flag is in one group. */
export const FLAG_GROUPS: readonly (readonly [title: string, names: readonly FlagName[]])[] = [
  [
    'Input',
    [
      'all',
      'corpus',
      'folder',
      'records',
      'id',
      'text',
      'document',
      'title',
      'page',
      'created',
      'overlong',
      'strict',
      'max-rejected-percent',
      'allow-new-ids',
    ],
  ],
  [
    'What the stores get',
    [
      'only',
      'collection',
      'table',
      'payload',
      'deletes',
      'allow-deletes',
      'max-delete-percent',
      'level',
      'vectors-every',
    ],
  ],
  [
    'Evaluation',
    ['questions', 'k', 'compare', 'compare-collection', 'compare-table', 'max-loss', 'make-questions', 'seed'],
  ],
  ['Embedding and its cost', ['model', 'dimensions', 'pay', 'max-cost', 'price', 'max-rejects']],
  ['Requests', ['batch-size', 'qdrant-batch-size', 'neon-batch-size', 'tokens-per-minute', 'requests-per-minute']],
  ['Services and files', ['embedder', 'vectors', 'rows', 'state-dir']],
  ['Server', ['port', 'allow-writes']],
  ['Output', ['dry-run', 'yes', 'corpora', 'out', 'without-plan', 'limit', 'format', 'json', 'quiet', 'verbose']],
];
