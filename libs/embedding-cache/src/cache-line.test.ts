import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkLine, encodeLine, lineBytes, vectorOf } from './cache-line.ts';

const KEY = 'ab'.repeat(32);
const VECTOR = Float32Array.from([1, -2]);
const PAID = `{"key":"${KEY}","vector":"AACAPwAAAMA=","crc32":"71b28daf"}\n`;
const RECOVERED = `{"key":"${KEY}","copied":"AACAPwAAAMA=","crc32":"9b1c9e05"}\n`;

it('a line has its documented form and checksum, for a paid and for a recovered vector', () => {
  expect(encodeLine({ key: KEY, vector: VECTOR })).toBe(PAID);
  expect(encodeLine({ key: KEY, vector: VECTOR, isRecovered: false })).toBe(PAID);
  expect(encodeLine({ key: KEY, vector: VECTOR, isRecovered: true })).toBe(RECOVERED);
  expect(checkLine(Buffer.from(PAID), 2)).toEqual({ key: KEY, isRecovered: false });
  expect(checkLine(Buffer.from(RECOVERED), 2)).toEqual({ key: KEY, isRecovered: true });
});

it('a line of any vector has lineBytes bytes, and is read back with its mark bit for bit', () => {
  const vector = fc.float32Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(vector, fc.boolean(), (values, isRecovered) => {
      const line = Buffer.from(encodeLine({ key: KEY, vector: values, isRecovered }), 'latin1');
      expect(line.length).toBe(lineBytes(values.length));
      expect(checkLine(line, values.length)).toEqual({ key: KEY, isRecovered });
      expect(vectorOf(line, values.length)).toEqual(values);
    }),
  );
});

it('a vector that is part of a buffer is encoded without the rest of the buffer', () => {
  const whole = Float32Array.from([9, 1, -2, 9]);
  expect(encodeLine({ key: KEY, vector: whole.subarray(1, 3) })).toBe(PAID);
});

it.each([false, true])('a line with any one bit changed is damaged (recovered: %s)', (isRecovered) => {
  const line = Buffer.from(encodeLine({ key: KEY, vector: Float32Array.from([1, 2, 3]), isRecovered }), 'latin1');
  for (let bit = 0; bit < line.length * 8; bit += 1) {
    const damaged = Buffer.from(line);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(checkLine(damaged, 3)).toBeUndefined();
  }
});

it('a line whose name is changed or unknown is damaged', () => {
  expect(checkLine(Buffer.from(PAID.replace('"vector"', '"copied"')), 2)).toBeUndefined();
  const body = `{"key":"${KEY}","matrix":"AACAPwAAAMA="`;
  expect(
    checkLine(Buffer.from(`${body},"crc32":"${crc32(body).toString(16).padStart(8, '0')}"}\n`), 2),
  ).toBeUndefined();
});
