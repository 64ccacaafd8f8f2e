import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import { readVectors } from './read-vectors.ts';

const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
const reply = (...items: { index: unknown; embedding: unknown }[]) => ({ data: items, usage: { prompt_tokens: 7 } });
const read = (given: unknown, count = 1, dimensions = 2) => readVectors(given, { count, dimensions });

function failure(given: unknown, count = 1, dimensions = 2): IndexingError {
  try {
    read(given, count, dimensions);
  } catch (error) {
    if (error instanceof IndexingError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('reading vectors', () => {
  it('vectors are read from base64 and numbers, in input order, with the token count', () => {
    const items = [
      { index: 2, embedding: base64(5, 6) },
      { index: 0, embedding: [1, 2] },
      { index: 1, embedding: base64(3, 4) },
    ];
    expect(read(reply(...items), 3)).toEqual({
      vectors: [
        [1, 2],
        [3, 4],
        [5, 6],
      ].map((numbers) => Float32Array.from(numbers)),
      tokens: 7,
    });
  });

  it('every float32 is read bit by bit as it was written', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (numbers) => {
        fc.pre(numbers.some((value) => value !== 0));
        const { vectors } = read(reply({ index: 0, embedding: base64(...numbers) }), 1, numbers.length);
        expect(base64(...(vectors[0] as Float32Array))).toBe(base64(...numbers));
      }),
    );
  });

  it.each([[undefined], [{}], [{ prompt_tokens: '7' }], [{ prompt_tokens: -1 }], ['7']])(
    'a reply whose usage is %o has 0 tokens',
    (usage) => {
      expect(read({ data: [{ index: 0, embedding: [1, 2] }], usage }).tokens).toBe(0);
    },
  );

  it.each<[title: string, given: unknown, count: number]>([
    ['a text in place of an object', '<!doctype html>', 1],
    ['null in place of an object', null, 1],
    ['a list in place of an object', [], 1],
    ['no data', { error: { message: 'no' } }, 1],
    ['data that is no list', { data: {} }, 1],
    ['fewer vectors than texts', reply({ index: 0, embedding: [1, 2] }), 2],
    ['more vectors than texts', reply({ index: 0, embedding: [1, 2] }, { index: 1, embedding: [1, 2] }), 1],
    ['no vector', reply(), 1],
    ['an index twice', reply({ index: 0, embedding: [1, 2] }, { index: 0, embedding: [1, 2] }), 2],
    ['an index past the end', reply({ index: 1, embedding: [1, 2] }), 1],
    ['a negative index', reply({ index: -1, embedding: [1, 2] }), 1],
    ['half an index', reply({ index: 0.5, embedding: [1, 2] }), 1],
    ['an index as text', reply({ index: '0', embedding: [1, 2] }), 1],
    ['no index', reply({ index: undefined, embedding: [1, 2] }), 1],
    ['a null for an item', { data: [null] }, 1],
    ['no embedding', reply({ index: 0, embedding: undefined }), 1],
    ['a null in an embedding', reply({ index: 0, embedding: [1, null] }), 1],
    ['text in an embedding', reply({ index: 0, embedding: [1, '2'] }), 1],
    ['a text that is not base64', reply({ index: 0, embedding: '!!!!' }), 1],
    ['base64 of a part of a number', reply({ index: 0, embedding: 'AAAAAAA=' }), 1],
    ['NaN in base64', reply({ index: 0, embedding: base64(1, Number.NaN) }), 1],
    ['infinity in base64', reply({ index: 0, embedding: base64(Number.NEGATIVE_INFINITY, 1) }), 1],
    ['a number beyond float32', reply({ index: 0, embedding: [1e39, 1] }), 1],
    ['zeros in base64', reply({ index: 0, embedding: base64(0, -0) }), 1],
    ['zeros in numbers', reply({ index: 0, embedding: [0, 0] }), 1],
  ])('a reply with %s is refused, to be tried again', (_title, given, count) => {
    expect(failure(given, count)).toMatchObject({ code: 'response-invalid', disposition: 'retry' });
  });

  it.each([
    ['base64', base64(1, 2, 3)],
    ['numbers', [1, 2, 3]],
    ['empty base64', ''],
    ['an empty list', []],
  ])('a reply with other dimensions in %s is refused for good, and the error names both', (_title, embedding) => {
    const found = embedding.length === 0 ? 0 : 3;
    const error = failure(reply({ index: 0, embedding }));
    const details = { expected: 2, found, possiblyPaid: true };
    expect(error).toMatchObject({ code: 'response-invalid', disposition: 'abort', details });
    expect(error.message).toMatch(new RegExp(`\\b2\\b.*\\b${found}\\b`));
  });

  it('an error quotes nothing of the refused reply', () => {
    expect(JSON.stringify(failure({ data: 'a private text' }))).not.toContain('private');
    expect(failure(reply({ index: 'private', embedding: [] })).message).not.toContain('private');
  });
});
