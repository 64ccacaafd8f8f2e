import { describe, expect, it } from 'vitest';
import { createVendorTextRedactor } from './vendor-text-redactor.ts';

const KEY = 'Fg5Bc1Xs8Zq0/Mv7Uj4';
const redactor = createVendorTextRedactor([KEY]);

describe('a sentence of a service', () => {
  it.each([
    'Wrong input: Vector dimension error: expected dim: 4, got 3',
    "Not found: Collection `book_vectors` doesn't exist!",
    'relation "rag_metadata" does not exist',
    "role 'owner' may not log in",
  ])('the sentence "%s" is kept', (text) => {
    expect(redactor.sentence(text)).toBe(text);
  });

  it.each<[what: string, text: string, redacted: string | undefined]>([
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
    ['a whole text that is data', '{"text":"Call me Ishmael"}', undefined],
    ['white space', '  ', undefined],
  ])('a sentence is redacted without %s', (_what, text, redacted) => {
    expect(redactor.sentence(text)).toBe(redacted);
  });

  it.each([
    ['whole', KEY],
    ['in part', KEY.slice(3, 12)],
    ['percent-encoded', encodeURIComponent(KEY)],
    ['in small letters', KEY.toLowerCase()],
  ])('a sentence with the secret %s is dropped', (_how, secret) => {
    expect(redactor.sentence(`The key ${secret} is wrong`)).toBeUndefined();
    expect(createVendorTextRedactor([encodeURIComponent(KEY)]).sentence(`The key ${secret} is wrong`)).toBeUndefined();
  });

  it('a sentence with a short secret is dropped, and none is dropped when the secret is empty', () => {
    expect(createVendorTextRedactor(['abc']).sentence('The key abc is wrong')).toBeUndefined();
    expect(createVendorTextRedactor(['']).sentence('The key is wrong')).toBe('The key is wrong');
    expect(createVendorTextRedactor(['50%']).sentence('The key is wrong')).toBe('The key is wrong');
  });

  it('a long sentence is cut, and a value that is no text gives undefined', () => {
    expect(redactor.sentence('x'.repeat(5_000))).toHaveLength(301);
    expect([undefined, null, 7, {}].map(redactor.sentence)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('a name that a service gives', () => {
  it.each(['rag_metadata', 'rag_metadata_pkey', 'acknowledged'])('the name %s is kept', (name) => {
    expect(redactor.name(name)).toBe(name);
  });

  it.each(['Call me Ishmael', '', 'a'.repeat(64), 'Fg5Bc1Xs8', 7, undefined])('%j is not kept as a name', (text) => {
    expect(redactor.name(text)).toBeUndefined();
  });
});
