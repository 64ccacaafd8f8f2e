import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKeptAs } from './payload-values.ts';

const view = new DataView(new ArrayBuffer(8));

/** The double some units in the last place further from zero. */
function awayFromZero(value: number, units: number): number {
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(units));
  return view.getFloat64(0);
}

/** Doubles that are no integers, and far enough from both ends for neighbours. */
const decimal = fc
  .double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })
  .filter((value) => !Number.isInteger(value));

describe('isKeptAs', () => {
  it('a double within four units in the last place is a decimal that was kept, in lists and objects too', () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 4 }), (value, units) => {
        const near = awayFromZero(value, units);
        expect(isKeptAs(value, near)).toBe(true);
        expect(isKeptAs(near, value)).toBe(true);
        expect(isKeptAs({ a: [value, { b: value }] }, { a: [near, { b: near }] })).toBe(true);
      }),
    );
  });

  it('a decimal is not kept as a double five units or more away, or of the other sign', () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 5, max: 2 ** 40 }), (value, units) => {
        expect(isKeptAs(value, awayFromZero(value, units))).toBe(false);
        if (Math.abs(value) > 1e-300) expect(isKeptAs(value, -value)).toBe(false);
      }),
    );
  });

  it('an integer up to 2^53 is kept as itself alone, and -0 as 0', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 9 }), (value, more) => {
        expect(isKeptAs(value, value)).toBe(true);
        expect(isKeptAs(value, value > 0 ? value - more : value + more)).toBe(false);
      }),
    );
    expect(isKeptAs(4503599627370495, 4503599627370495.5)).toBe(false);
    expect(isKeptAs(4503599627370495.5, 4503599627370495)).toBe(true);
    expect(isKeptAs(-0, 0)).toBe(true);
    expect(isKeptAs(0, 5e-324)).toBe(false);
    expect(isKeptAs(5e-324, -5e-324), 'two units apart, over zero').toBe(true);
  });

  it.each([
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: 1, b: null }, { a: 1 }],
    [{ a: 1 }, { b: 1 }],
    [[1, 2], [1]],
    [
      [1, 2],
      [2, 1],
    ],
    [{ 0: 1 }, [1]],
    [0.5, '0.5'],
    ['a', 'b'],
    [null, {}],
    [false, null],
  ])('%j is not kept as %j', (written, stored) => {
    expect(isKeptAs(written, stored)).toBe(false);
  });

  it('keys may be in another order', () => {
    expect(isKeptAs({ a: 1, b: [true, null, 'x'] }, { b: [true, null, 'x'], a: 1 })).toBe(true);
  });
});
