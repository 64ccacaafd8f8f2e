import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../requests/read-fields.ts';
import { mergeAt, mergeInto, readJsonPath, removeAt, valuesAt } from './json-path.ts';
import { readPayloadSelection, selectPayload } from './payload.ts';

const path = (text: string) => readJsonPath(text, 'key');
const parse = (text: string) => JSON.parse(text) as JsonObject;

describe('payload paths', () => {
  it.each([
    ['a', { first: 'a', rest: [] }],
    ['a.b-c_d', { first: 'a', rest: ['b-c_d'] }],
    ['foo[1][50].bar-baz[]."qux[.]quux"', { first: 'foo', rest: [1, 50, 'bar-baz', null, 'qux[.]quux'] }],
    ['"a b".c', { first: 'a b', rest: ['c'] }],
    ['ключ.é', { first: 'ключ', rest: ['é'] }],
    ['__proto__', { first: '__proto__', rest: [] }],
  ])('read %s', (text, expected) => expect(path(text)).toEqual(expected));

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a[', 'a[x]', '[0]', 'a[-1]', 'a"b"', '"a', 'a[]b'])('refuse %j', (text) =>
    expect(() => path(text)).toThrow(`Invalid json path: '${text}'`),
  );

  const library = parse('{"a":{"b":[{"c":1},{"c":2},{"d":{"e":3}}]},"f":3,"g":["g0","g1"],"h":[[1],[2,3]]}');
  it.each([
    ['a.b', [[{ c: 1 }, { c: 2 }, { d: { e: 3 } }]]],
    ['a.b[].c', [1, 2]],
    ['a.b[0]', [{ c: 1 }]],
    ['a.b[1].c', [2]],
    ['a.b[9]', []],
    ['a.b.c', []],
    ['f', [3]],
    ['f.x', []],
    ['g[]', ['g0', 'g1']],
    ['h[][]', [1, 2, 3]],
    ['absent', []],
    ['toString', []],
    ['a.constructor', []],
  ])('find at %s', (text, expected) => expect(valuesAt(library, path(text))).toEqual(expected));

  it('set what lies on the way, whatever was there', () => {
    const payload = parse('{"a":1,"list":[{"x":1},2]}');
    mergeAt(payload, path('a.b.c'), { d: 1 });
    mergeAt(payload, path('list[]'), { y: 2 });
    mergeAt(payload, path('list[7]'), { z: 2 });
    mergeAt(payload, path('fresh[]'), { z: 2 });
    expect(payload).toEqual({ a: { b: { c: { d: 1 } } }, list: [{ x: 1, y: 2 }, { y: 2 }], fresh: [] });
  });

  it('remove keys and whole lists, and never a place in a list', () => {
    const payload = parse('{"a":{"b":1,"c":2},"list":[1,2],"deep":[{"x":1},{"x":2,"y":3}]}');
    for (const text of ['a.b', 'list[]', 'deep[1]', 'deep[0].x', 'absent.x']) removeAt(payload, path(text));
    expect(payload).toEqual({ a: { c: 2 }, list: [], deep: [{}, { x: 2, y: 3 }] });
  });

  it('treat __proto__ as an ordinary key', () => {
    const payload = parse('{"a":1}');
    mergeInto(payload, parse('{"__proto__":{"polluted":true}}'));
    mergeAt(payload, path('b.__proto__'), { x: 1 });
    expect(JSON.stringify(payload)).toBe('{"a":1,"__proto__":{"polluted":true},"b":{"__proto__":{"x":1}}}');
    expect(valuesAt(payload, path('__proto__.polluted'))).toEqual([true]);
    expect(({} as JsonObject)['polluted']).toBeUndefined();
    const shown = selectPayload(JSON.stringify(payload), readPayloadSelection(['__proto__'], true));
    expect(shown).toBe('{"__proto__":{"polluted":true}}');
    removeAt(payload, path('__proto__'));
    expect(Object.keys(payload)).toEqual(['a', 'b']);
  });
});

describe('payload selections', () => {
  const stored = '{"a":{"b":1,"c":[{"d":1,"e":2}]},"f":3}';
  it.each([
    [undefined, '{"a":{"b":1,"c":[{"d":1,"e":2}]},"f":3}'],
    [false, undefined],
    [['f', 'a.b'], '{"a":{"b":1},"f":3}'],
    [{ include: ['a.c[].d'] }, '{"a":{"c":[{"d":1}]}}'],
    [{ exclude: ['a.c[].d', 'f'] }, '{"a":{"b":1,"c":[{"e":2}]}}'],
    [{ exclude: [] }, stored],
    [{ include: [] }, '{}'],
  ])('%j', (asked, expected) => expect(selectPayload(stored, readPayloadSelection(asked, true))).toBe(expected));

  it.each([1, 'a', {}, { include: ['a'], exclude: ['b'] }, { only: ['a'] }, [1], ['a..b']])('refuse %j', (asked) =>
    expect(() => readPayloadSelection(asked, true)).toThrow(expect.objectContaining({ status: 400 })),
  );
});
