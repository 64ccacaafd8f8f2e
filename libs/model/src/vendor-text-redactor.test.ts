import { describe, expect, it } from 'vitest';
import { createVendorTextRedactor } from './vendor-text-redactor.ts';

const KEY = 'Fg5Bc1Xs8Zq0/Mv7Uj4';
const words = createVendorTextRedactor([KEY]);

describe('a sentence of a service', () => {
  it.each([
    'Wrong input: Vector dimension error: expected dim: 4, got 3',
    "Not found: Collection `book_vectors` doesn't exist!",
    'relation "rag_metadata" does not exist',
    "role 'owner' may not log in",
  ])('is said again: %s', (said) => {
    expect(words.sentence(said)).toBe(said);
  });

  it.each<[what: string, said: string, again: string | undefined]>([
    [
      'a text in double quotes',
      'invalid value: "Call me Ishmael", expected a number',
      'invalid value: …, expected a number',
    ],
    ['a text in backquotes', 'unknown variant `Call me Ishmael`', 'unknown variant …'],
    ['a text in single quotes', "may not contain 'Call me Ishmael.'", 'may not contain …'],
    ['a quote that is never closed', 'invalid value: "Call me Ish', 'invalid value: …'],
    ['an object', 'Refused: {"text":"Call me Ishmael"}', 'Refused: …'],
    ['numbers', 'Refused: [0.1, 0.2]', 'Refused: …'],
    ['markup', 'Refused <b>Call me Ishmael</b>', 'Refused …'],
    ['an address', 'Cannot reach postgresql://owner:pw@host/db now', 'Cannot reach …'],
    ['a second line', 'Refused:\nCall me Ishmael', 'Refused:'],
    ['nothing else', '{"text":"Call me Ishmael"}', undefined],
    ['nothing', '  ', undefined],
  ])('is said again without %s', (_what, said, again) => {
    expect(words.sentence(said)).toBe(again);
  });

  it.each([
    ['whole', KEY],
    ['in part', KEY.slice(3, 12)],
    ['percent-encoded', encodeURIComponent(KEY)],
    ['in small letters', KEY.toLowerCase()],
  ])('with the secret in it, %s, is not said again', (_how, secret) => {
    expect(words.sentence(`The key ${secret} is wrong`)).toBeUndefined();
    expect(createVendorTextRedactor([encodeURIComponent(KEY)]).sentence(`The key ${secret} is wrong`)).toBeUndefined();
  });

  it('with a short secret in it is not said again, and any sentence is where there is none', () => {
    expect(createVendorTextRedactor(['abc']).sentence('The key abc is wrong')).toBeUndefined();
    expect(createVendorTextRedactor(['']).sentence('The key is wrong')).toBe('The key is wrong');
    expect(createVendorTextRedactor(['50%']).sentence('The key is wrong')).toBe('The key is wrong');
  });

  it('is cut where it is endless, and is nothing where it is no text', () => {
    expect(words.sentence('x'.repeat(5_000))).toHaveLength(301);
    expect([undefined, null, 7, {}].map(words.sentence)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a name that a service gives', () => {
  it.each(['rag_metadata', 'rag_metadata_pkey', 'acknowledged'])('is said again: %s', (name) => {
    expect(words.name(name)).toBe(name);
  });

  it.each(['Call me Ishmael', '', 'a'.repeat(64), 'Fg5Bc1Xs8', 7, undefined])('is not where it is %j', (said) => {
    expect(words.name(said)).toBeUndefined();
  });
});
