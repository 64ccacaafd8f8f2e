import { expect, it } from 'vitest';
import { pointIdOf } from '@lockstep/model';
import { createCorpusRig } from '@lockstep/testing';
import type { CorpusSession } from '../corpus-session.ts';
import { parseFlags, REPAIR_ARGS } from '../settings/flags.ts';
import { repairStores } from './repair.ts';

it('repair tells how many texts were possibly paid for nothing, those of held chunks too', async () => {
  const rig = createCorpusRig();
  const records = ['a', 'b', 'held'].map((id) => ({ id, text: `text of ${id}` }));
  await rig.load(records);
  await rig.validate(records.with(2, { id: 'held', text: '' }));
  rig.embeddings.paid.clear();
  rig.embeddings.sliced.clear();
  rig.vectors.collection?.points.delete(pointIdOf(rig.corpus, 'held'));
  rig.embedder.onRequest = (_, { length }) => void (rig.embedder.lost.inputs += length);

  const session: Partial<CorpusSession> = {
    folder: 'folder',
    provision: ({ recheck = false, kind = 'load' }) => rig.provision({ recheck, kind }),
    embed: (choices) => rig.embed(choices),
    repairRetained: (run, choices) => rig.repairRetained(run, choices),
    loadQdrant: (choices) => rig.loadQdrant(choices),
    loadNeon: () => rig.loadNeon(),
    verify: ({ level }) => rig.verify(level),
  };
  const repair = async () =>
    repairStores(
      { session: session as CorpusSession, flags: parseFlags({ _: [], pay: true }, REPAIR_ARGS) },
      await rig.plan({ recheck: true }),
      undefined,
    );
  const first = await repair();
  expect(first.json).toMatchObject({ ok: true, embed: { possiblyPaid: 2 }, unmentioned: { possiblyPaid: 1 } });
  expect(first.text).toContain('3 more texts possibly paid');
  expect((await repair()).text).not.toContain('possibly');
});
