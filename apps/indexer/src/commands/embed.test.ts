import { expect, it } from 'vitest';
import { createCorpusRig } from '@lockstep/testing-runs';
import { argsOf, parseFlags, resolveFlags } from '../settings/parse-flags.ts';
import { rejectsLimit } from '../settings/run-limits.ts';
import { embedText } from '../text/embed-text.ts';

it.each([
  ['what embed allows by itself where no flag says it', {}, undefined],
  ['none under --strict', { strict: true }, 0],
  ['what --max-rejects says', { 'max-rejects': '3' }, 3],
  ['what --max-rejects says also under --strict', { strict: true, 'max-rejects': '3' }, 3],
  ['none where --max-rejects says so', { 'max-rejects': '0' }, 0],
])('texts that the service may refuse are %s', (_what, typed, limit) => {
  const flags = parseFlags({ _: [], strict: false, ...typed }, argsOf(['max-rejects', 'strict']));
  expect(rejectsLimit(resolveFlags(flags, {}))).toBe(limit);
});

it('the line about embed says how many texts were refused, and how many were possibly paid for nothing', async () => {
  const rig = createCorpusRig();
  await rig.validate([{ id: 'a', text: 'one' }]);
  const receipt = await rig.embed();
  expect(embedText(receipt, 0)).not.toMatch(/possibly|refused/i);
  expect(embedText({ ...receipt, refused: 2, possiblyPaid: 5 }, 0)).toMatch(
    /2 REFUSED .*refused\.jsonl.*5 more possibly paid/,
  );
});
