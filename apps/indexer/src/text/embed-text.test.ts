import { expect, it } from 'vitest';
import { createCorpusRig } from '@lockstep/testing-runs';
import { embedText } from './embed-text.ts';

it('the text about embed reports how many texts were refused, and how many were possibly paid for in vain', async () => {
  const rig = createCorpusRig();
  await rig.validate([{ id: 'a', text: 'one' }]);
  const receipt = await rig.embed();
  expect(embedText(receipt, 0)).not.toMatch(/possibly|refused/i);
  expect(embedText({ ...receipt, refused: 2, possiblyPaid: 5 }, 0)).toMatch(
    /2 REFUSED .*refused\.jsonl[^]*5 more texts possibly paid for/,
  );
});
