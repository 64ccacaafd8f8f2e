import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, createMemoryArtifacts } from '@lockstep/testing';
import { createLineSorter } from './sort-lines.ts';

async function sorted(lines: readonly string[], runUnitsMax?: number) {
  const artifacts = createMemoryArtifacts({ blockBytes: 5 });
  const scratch = await artifacts.scratch();
  const sorter = createLineSorter(scratch, runUnitsMax === undefined ? {} : { runUnitsMax });
  for (const line of lines) await sorter.add(line);
  const found = await collect(sorter.sorted());
  return { found, spills: artifacts.scratchFiles() };
}

describe('a line sorter', () => {
  it('gives the same with many small runs as with one', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replaceAll(/[\n\uFEFF]/g, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 30 }), async (lines, runUnitsMax) => {
        const whole = await sorted(lines);
        expect(whole).toEqual({ found: lines.toSorted(), spills: 0 });
        expect((await sorted(lines, runUnitsMax)).found).toEqual(whole.found);
      }),
    );
  });

  it('spills as often as its limit says', async () => {
    const lines = ['d4', 'a1', 'c3', 'b2', 'e5', 'a1', 'z'];
    expect(await sorted(lines, 4)).toEqual({ found: lines.toSorted(), spills: 3 });
    expect((await sorted(lines, 2)).spills).toBe(6);
  });

  it('gives nothing for nothing', async () => {
    expect(await sorted([])).toEqual({ found: [], spills: 0 });
  });
});
