import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, NO_COSTS } from '@lockstep/testing-runs';
import { describe, expect, it } from 'vitest';

const NO_GUARD = { percent: 100, count: 0 };

/** An export whose ids are new each time. */
const exported = (export_: string, texts: readonly string[]) =>
  texts.map((text, at) => ({ id: `${export_}-${at}`, text }));

const TEXTS = Array.from({ length: 30 }, (_, at) => `Text ${at}.`);

describe('an export with new ids and the same texts', () => {
  it.each(['qdrant', 'neon'] as const)('is recognised in %s, and the refusal says what to do', async (store) => {
    const rig = createCorpusRig();
    await rig.run(exported('first', TEXTS));
    if (store === 'neon') rig.vectors.collection?.points.clear();
    rig.forgetCosts();
    const failure = await failureOf(rig.run(exported('second', TEXTS.toReversed())));
    expect(failure).toMatchObject({ code: 'delete-guard', details: { store, deletes: 30, sameTexts: 30 } });
    expect(failure.message).toContain(
      'Their texts are the same as those of chunks to add, and only their ids are new: with --allow-deletes no text is lost.',
    );
    expect(failure.message).toContain('fields.id');
    expect(rig.costs()).toEqual(NO_COSTS);
    expect((await rig.run(exported('second', TEXTS), { deletes: NO_GUARD })).verify.ok).toBe(true);
    expect(rig.costs()).toMatchObject({ inputs: 0, written: 30, rowsDeleted: 30 });
  });

  it('with other texts among them is told apart by number; equal texts count as often as they are on both sides', async () => {
    const rig = createCorpusRig();
    await rig.run(exported('first', [...TEXTS, 'twice', 'twice', 'gone']));
    const failure = await failureOf(rig.run(exported('second', [...TEXTS.slice(0, 20), 'twice', 'new', 'newer'])));
    expect(failure.details).toMatchObject({ deletes: 33, sameTexts: 21 });
    expect(failure.message).toContain('21 of the 33 have the text of a chunk to add: of these only the ids are new.');
  });

  it('is not looked for where nothing is added, or little deleted', async () => {
    const rig = createCorpusRig();
    await rig.run(exported('first', TEXTS));
    const failure = await failureOf(rig.run(exported('first', TEXTS.slice(0, 2))));
    expect(failure.details).not.toHaveProperty('sameTexts');
    expect(failure.message).not.toContain('texts');
    await rig.validate([...exported('first', TEXTS.slice(0, 28)), ...exported('second', TEXTS.slice(28))]);
    for (const { plan } of Object.values((await rig.plan()).stores)) expect(plan).not.toHaveProperty('sameTexts');
  });
});
