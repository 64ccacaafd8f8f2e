import { expect, it } from 'vitest';
import { createReader } from '@lockstep/reader/create-reader';
import { createStubEmbedder } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { searchText } from './search-text.ts';

async function answer(corpus: string | undefined, records: readonly object[] = [{ id: 'a', text: 'A house.' }]) {
  const rig = createCorpusRig({ corpus: 'quotes' });
  await rig.run(records as never);
  const { vectors, rows } = rig;
  const embedder = createStubEmbedder();
  const result = await createReader({ embedder, vectors, rows, corpus }).search('house', { limit: 1 });
  return searchText(result);
}

it('a hit without a title and a document shows its id once', async () => {
  expect(await answer('quotes')).toMatch(/^1\. -?\d\.\d{3}  \[quotes a\]\n   A house\.$/);
});

it('a search that finds nothing asks whether a corpus was loaded', async () => {
  expect(await answer('other')).toBe('Nothing found. Has a corpus been loaded?');
});
