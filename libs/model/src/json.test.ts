import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isJsonObject, type JsonValue } from './json.ts';

/** The same value with the keys of every object in reverse order. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

const jsonValue = (): fc.Arbitrary<JsonValue> => fc.jsonValue({ depthSize: 'medium' }) as fc.Arbitrary<JsonValue>;

describe('canonicalJson', () => {
  it('canonical JSON has keys sorted by code units at every depth, and no white space', () => {
    expect(
      canonicalJson({ b: [{ d: 1, c: null }], a: 'x', B: true, '10': 1, '9': 2, '\uFF5E': 3, '\u{1F600}': 4 }),
    ).toBe('{"10":1,"9":2,"B":true,"a":"x","b":[{"c":null,"d":1}],"\u{1F600}":4,"\uFF5E":3}');
  });

  it('canonical JSON writes numbers as ECMAScript does, and -0 as 0', () => {
    expect(canonicalJson([-0, 0, 1e21, 1e-7, 100, 0.1])).toBe('[0,0,1e+21,1e-7,100,0.1]');
  });

  it('canonical JSON parses to the same value, and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
      }),
    );
  });
});

describe('isJsonObject', () => {
  it('isJsonObject is true only for objects', () => {
    expect([{}, { a: 1 }].map(isJsonObject)).toEqual([true, true]);
    expect([null, [], 'a', 1, true, undefined].some(isJsonObject)).toBe(false);
  });
});
