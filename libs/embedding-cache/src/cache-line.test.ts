import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkedKey, encodeLine, lineBytes, vectorOf } from './cache-line.ts';

const KEY = 'ab'.repeat(32);

it('is the written form, with its checksum', () => {
  expect(encodeLine(KEY, Float32Array.from([1, -2]))).toBe(
    `{"key":"${KEY}","vector":"AACAPwAAAMA=","crc32":"71b28daf"}\n`,
  );
});

it('reads back any vector, to the bit, in the number of bytes it says', () => {
  const vector = fc.float32Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(vector, (values) => {
      const line = Buffer.from(encodeLine(KEY, values), 'latin1');
      expect(line.length).toBe(lineBytes(values.length));
      expect(checkedKey(line, values.length)).toBe(KEY);
      expect(vectorOf(line, values.length)).toEqual(values);
    }),
  );
});

it('encodes the part of a buffer that a vector is, and no more', () => {
  const whole = Float32Array.from([9, 1, -2, 9]);
  expect(encodeLine(KEY, whole.subarray(1, 3))).toBe(encodeLine(KEY, Float32Array.from([1, -2])));
});

it('shows any change of one bit as damage', () => {
  const line = Buffer.from(encodeLine(KEY, Float32Array.from([1, 2, 3])), 'latin1');
  for (let bit = 0; bit < line.length * 8; bit += 1) {
    const damaged = Buffer.from(line);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(checkedKey(damaged, 3)).toBeUndefined();
  }
});
