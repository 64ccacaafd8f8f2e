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
  return searchText(result, corpus);
}

it('a search in a corpus that is not stored names near ones, and those that are', async () => {
  expect(await answer('quots')).toBe(
    'Nothing found: there is no corpus "quots". Did you mean "quotes"? The table has quotes.',
  );
  // Neither title nor document: the id stands there once.
  expect(await answer('quotes')).toMatch(/^1\. -?\d\.\d{3}  \[quotes a\]\n   A house\.$/);
});
