import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../requests/read-fields.ts';
import { elementsAt, readJsonPath, valueAt } from './json-path.ts';
import { readPayloadSelection, selectPayload } from './payload.ts';

const path = (text: string) => readJsonPath(text, 'key');
const parse = (text: string) => JSON.parse(text) as JsonObject;

describe('payload paths', () => {
  it.each([
    ['a', ['a']],
    ['a.b-c_d', ['a', 'b-c_d']],
    ['"a b".c."qux[.]quux"', ['a b', 'c', 'qux[.]quux']],
    ['ключ.é', ['ключ', 'é']],
    ['__proto__', ['__proto__']],
  ])('the path %s is read as its keys', (text, expected) => expect(path(text)).toEqual(expected));

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a[', 'a[x]', 'a[-1]', 'a"b"', '"a'])('the path %j is refused', (text) =>
    expect(() => path(text)).toThrow(`Invalid json path: '${text}'`),
  );

  it.each(['a[]', 'a[3].b', 'a[]b', '[0]'])('the path %s is refused, since it steps into an array', (text) =>
    expect(() => path(text)).toThrow('Not supported by the embedded Qdrant: a step into an array in key'),
  );

  const library = parse('{"a":{"b":[{"c":1},{"c":2}],"n":null},"f":3,"g":["g0",["g1"]],"__proto__":{"x":4}}');
  it.each([
    ['a.b', [{ c: 1 }, { c: 2 }], [{ c: 1 }, { c: 2 }]],
    ['a.b.c', undefined, []],
    ['a.n', null, [null]],
    ['f', 3, [3]],
    ['f.x', undefined, []],
    ['g', ['g0', ['g1']], ['g0', ['g1']]],
    ['absent', undefined, []],
    ['toString', undefined, []],
    ['a.constructor', undefined, []],
    ['__proto__.x', 4, [4]],
  ])('the path %s leads to its value, whose elements a condition compares', (text, value, elements) => {
    expect(valueAt(library, path(text))).toEqual(value);
    expect(elementsAt(library, path(text))).toEqual(elements);
  });
});

describe('payload selections', () => {
  const stored = '{"a":{"b":1,"c":[{"d":1}]},"f":3,"__proto__":{"x":4}}';
  it.each([
    [undefined, stored],
    [false, undefined],
    [['f', 'a.b'], '{"a":{"b":1},"f":3}'],
    [['a', 'a.b'], '{"a":{"b":1,"c":[{"d":1}]}}'],
    [['a.c.d', 'f.x'], '{"a":{"c":[]},"f":3}'],
    [['__proto__'], '{"__proto__":{"x":4}}'],
    [[], '{}'],
  ])('with_payload %j selects its part of a payload', (asked, expected) =>
    expect(selectPayload(stored, readPayloadSelection(asked, true))).toBe(expected),
  );

  it.each([1, 'a', {}, { include: ['a'] }, { exclude: ['b'] }, { only: ['a'] }, [1], ['a..b']])(
    'with_payload %j is refused',
    (asked) => expect(() => readPayloadSelection(asked, true)).toThrow(expect.objectContaining({ status: 400 })),
  );
});
