import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scratch } from '@lockstep/model';
import { collect, createMemoryArtifacts } from '@lockstep/testing-ports';
import { createLineSorter } from './line-sorter.ts';

async function sorted(lines: readonly string[], runUnitsMax?: number) {
  const artifacts = createMemoryArtifacts({ blockBytes: 5 });
  const scratch = await artifacts.scratch();
  const sorter = createLineSorter(scratch, runUnitsMax === undefined ? {} : { runUnitsMax });
  for (const line of lines) await sorter.add(line);
  const found = await collect(sorter.sorted());
  return { found, spills: artifacts.scratchFiles() };
}

describe('a line sorter', () => {
  it('sorts the same with many small runs as with one', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => text.replaceAll(/[\n\uFEFF]/g, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 30 }), async (lines, runUnitsMax) => {
        const whole = await sorted(lines);
        expect(whole).toEqual({ found: lines.toSorted(), spills: 0 });
        expect((await sorted(lines, runUnitsMax)).found).toEqual(whole.found);
      }),
    );
  });

  it('writes a run to disk each time its lines reach the limit', async () => {
    const lines = ['d4', 'a1', 'c3', 'b2', 'e5', 'a1', 'z'];
    expect(await sorted(lines, 4)).toEqual({ found: lines.toSorted(), spills: 3 });
    expect((await sorted(lines, 2)).spills).toBe(6);
  });

  it.each([
    ['many runs', { runsMergedMax: 4 }, 3],
    ['runs of long lines', { headUnitsMax: 40 }, 10],
  ])('reads fewer than 20 of %s at the same time', async (_what, limits, units) => {
    const artifacts = createMemoryArtifacts();
    const scratch = await artifacts.scratch();
    let reading = 0;
    let most = 0;
    const watched: Scratch = {
      ...scratch,
      async *read(name) {
        reading += 1;
        most = Math.max(most, reading);
        yield* scratch.read(name);
        reading -= 1;
      },
    };
    const sorter = createLineSorter(watched, { runUnitsMax: units, ...limits });
    const lines = Array.from({ length: 200 }, (_, at) => String((at * 7919) % 1000).padStart(units, '0'));
    for (const line of lines) await sorter.add(line);
    expect(await collect(sorter.sorted())).toEqual(lines.toSorted());
    expect(most).toBeLessThan(20);
  });

  it('gives no line, and writes no run, when none was added', async () => {
    expect(await sorted([])).toEqual({ found: [], spills: 0 });
  });
});
