import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blocksOf, collect } from '@lockstep/testing-ports';
import { linesOf } from './lines.ts';

it('linesOf gives every line whole, wherever the bytes are split', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\n\uFEFF]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 20 }), async (lines, size) => {
      const bytes = new TextEncoder().encode(lines.map((text) => `${text}\n`).join(''));
      expect(await collect(linesOf(blocksOf(bytes, size)))).toEqual(lines);
    }),
  );
});

it('linesOf gives a last line that has no line feed', async () => {
  expect(await collect(linesOf(blocksOf(new TextEncoder().encode('é\nüb'), 1)))).toEqual(['é', 'üb']);
});
