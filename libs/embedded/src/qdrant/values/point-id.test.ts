import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PointId, decodePointId, encodePointId, readPointId } from './point-id.ts';

const anyId = fc.oneof(
  fc.maxSafeNat(),
  fc.uuid().map((uuid) => uuid.toLowerCase()),
);

/** Qdrant's order of ids, without their bytes: integers by value, then UUIDs by their text. */
function isBefore(a: PointId, b: PointId): boolean {
  if (typeof a === 'number') return typeof b === 'number' ? a < b : true;
  return typeof b === 'string' && a < b;
}

describe('point ids', () => {
  it('an encoded point id is decoded to the same id', () => {
    fc.assert(
      fc.property(anyId, (id) => {
        expect(decodePointId(encodePointId(id))).toBe(id);
      }),
    );
  });

  it('a point id is decoded from bytes in the middle of a buffer', () => {
    const bytes = encodePointId('6f9619ff-8b86-d011-b42d-00c04fc964ff');
    const within = new Uint8Array(40);
    within.set(bytes, 7);
    expect(decodePointId(within.subarray(7, 24))).toBe('6f9619ff-8b86-d011-b42d-00c04fc964ff');
  });

  it('the bytes of point ids sort in the order of the ids', () => {
    const order = (a: PointId, b: PointId) => Buffer.compare(encodePointId(a), encodePointId(b)) < 0;
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(order(a, b)).toBe(isBefore(a, b));
      }),
    );
    expect(order(255, 256) && order(2 ** 32 - 1, 2 ** 32) && order(2 ** 53 - 1, '0'.repeat(32))).toBe(true);
  });

  it('a UUID is read in any case, with or without hyphens', () => {
    const canonical = '6f9619ff-8b86-d011-b42d-00c04fc964ff';
    expect(readPointId('6F9619FF8B86D011B42D00C04FC964FF')).toBe(canonical);
    expect(readPointId('6F9619FF-8B86-D011-B42D-00C04FC964FF')).toBe(canonical);
  });

  it.each(['', 'abc', '12', ' 6f9619ff-8b86-d011-b42d-00c04fc964ff', -1, 1.5, 1e300, null, true, [1], {}])(
    'the point id %j is refused',
    (value) => expect(() => readPointId(value)).toThrow(expect.objectContaining({ status: 400 })),
  );

  it('an integer that JSON.parse has rounded is refused as a point id', () => {
    expect(() => readPointId(JSON.parse('9007199254740993'))).toThrow('up to 9007199254740991 only');
  });
});
