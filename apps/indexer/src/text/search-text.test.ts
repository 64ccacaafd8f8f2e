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
  expect(await answer('quotes')).toContain('A house.');
});
