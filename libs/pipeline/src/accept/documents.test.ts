import { createCorpusRig } from '@lockstep/testing-runs';
import { describe, expect, it } from 'vitest';

describe('the documents that validate reports', () => {
  it.each([
    ['has none', [{ id: 'a', text: 'x' }], { chunks: 0, path: null }],
    [
      'may name one in metadata',
      [{ id: 'a', page_content: 'x', metadata: { source: 's' } }],
      { chunks: 0, path: 'metadata.source' },
    ],
    ['may name one at the top', [{ id: 'a', text: 'x', 'File-Name': 's' }], { chunks: 0, path: 'File-Name' }],
    [
      'has one in some chunks',
      [
        { id: 'a', text: 'x', document_id: 'd' },
        { id: 'b', text: 'y' },
      ],
      { chunks: 1, path: null },
    ],
    ['has one by its shape', [{ page_content: 'x', metadata: { source: 's' } }], { chunks: 1, path: null }],
    [
      'has equal records',
      [
        { id: 'a', text: 'x', document_id: 'd' },
        { id: 'a', text: 'x', document_id: 'd' },
      ],
      { chunks: 1, path: null },
    ],
  ])('an input that %s', async (_what, records, documents) => {
    expect(await createCorpusRig().validate(records as never)).toMatchObject({ documents });
  });
});
