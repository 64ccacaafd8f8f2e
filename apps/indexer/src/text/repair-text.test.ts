import { expect, it } from 'vitest';
import { pointIdOf } from '@lockstep/model';
import { repairCorpus } from '@lockstep/pipeline';
import { createCorpusRig } from '@lockstep/testing-runs';
import { repairResult } from './repair-text.ts';

it('the text about a repair reports how many texts were possibly paid for in vain, those of held chunks included', async () => {
  const rig = createCorpusRig();
  const records = ['a', 'b', 'held'].map((id) => ({ id, text: `text of ${id}` }));
  await rig.load(records);
  const broken = records.with(2, { id: 'held', text: '' });
  rig.embeddings.paid.clear();
  rig.embeddings.sliced.clear();
  rig.vectors.collection?.points.delete(pointIdOf(rig.corpus, 'held'));
  rig.embedder.onRequest = (_, { length }) => void (rig.embedder.lost.inputs += length);

  const limits = { deletes: { percent: 100, count: 0 } };
  const repair = async () =>
    repairResult(await repairCorpus(rig.open(broken), { limits, pay: true }), undefined, {
      folder: 'folder',
      typed: rig.corpus,
    });
  const first = await repair();
  expect(first.json).toMatchObject({ ok: true, embed: { possiblyPaid: 2 }, unmentioned: { possiblyPaid: 1 } });
  expect(first.text).toContain('3 more texts possibly paid for');
  expect((await repair()).text).not.toContain('possibly');
});
