import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCreatedAt } from './created-at.ts';

const digits = (value: number, count = 2): string => String(value).padStart(count, '0');

describe('parseCreatedAt', () => {
  it.each([
    ['2025-12-05', '2025-12-05T00:00:00.000000Z'],
    ['2025-12-05T10:00', '2025-12-05T10:00:00.000000Z'],
    ['2025-12-05T10:00:00', '2025-12-05T10:00:00.000000Z'],
    ['2025-12-05t10:00:00z', '2025-12-05T10:00:00.000000Z'],
    ['2025-12-05 10:00:00.5', '2025-12-05T10:00:00.500000Z'],
    ['2025-12-05 10:00:00,5 Z', '2025-12-05T10:00:00.500000Z'],
    ['2025-12-05T10:00:00.123456Z', '2025-12-05T10:00:00.123456Z'],
    ['2025-12-05T10:00:00.123456000Z', '2025-12-05T10:00:00.123456Z'],
    ['2025-12-05T10:00:00+02', '2025-12-05T08:00:00.000000Z'],
    ['2025-12-05T10:00:00+0530', '2025-12-05T04:30:00.000000Z'],
    ['2025-12-05T23:30:00-05:30', '2025-12-06T05:00:00.000000Z'],
    ['2024-02-29T00:00:00+00:01', '2024-02-28T23:59:00.000000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('created_at %s is read as %s', (text, expected) => {
    expect(parseCreatedAt(text)).toBe(expected);
  });

  it.each([
    '',
    'yesterday',
    '2025',
    '2025-12',
    '2025-12-5',
    '20251205',
    '05.12.2025',
    '2025-13-01',
    '2025-00-10',
    '2025-02-30',
    '2023-02-29',
    '2025-12-05Z',
    '2025-12-05T',
    '2025-12-05T10',
    '2025-12-05T24:00:00Z',
    '2025-12-05T10:60:00Z',
    '2025-12-31T23:59:60Z',
    '2025-12-05T10:00:00.Z',
    '2025-12-05T10:00:00.1234567Z',
    '2025-12-05T10:00:00+16:00',
    '2025-12-05T10:00:00+01:60',
    '2025-12-05T10:00:00 Europe/Berlin',
    ' 2025-12-05',
    '2025-12-05\n',
    '0000-06-01',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '-0001-01-01',
    '+12025-01-01',
    '１９９９-01-01',
    '1765929600',
  ])('created_at %j is refused', (text) => {
    expect(parseCreatedAt(text)).toBeUndefined();
  });

  it('parseCreatedAt gives the same moment as Date for every offset and fraction', () => {
    const moment = fc.record({
      ms: fc.integer({ min: Date.parse('0001-01-02T00:00:00Z'), max: Date.parse('9999-12-30T23:59:59Z') }),
      offset: fc.integer({ min: -15 * 60 - 59, max: 15 * 60 + 59 }),
      micros: fc.integer({ min: 0, max: 999_999 }),
    });
    fc.assert(
      fc.property(moment, ({ ms, offset, micros }) => {
        const seconds = new Date(Math.floor(ms / 1000) * 1000);
        const local = new Date(seconds.getTime() + offset * 60_000).toISOString().slice(0, 19);
        const away = Math.abs(offset);
        const zone = `${offset < 0 ? '-' : '+'}${digits(Math.floor(away / 60))}:${digits(away % 60)}`;
        const expected = `${seconds.toISOString().slice(0, 19)}.${digits(micros, 6)}Z`;
        expect(parseCreatedAt(`${local}.${digits(micros, 6)}${zone}`)).toBe(expected);
        expect(parseCreatedAt(expected)).toBe(expected);
      }),
    );
  });

  it('parseCreatedAt accepts exactly the days that exist in Date', () => {
    const day = fc.tuple(
      fc.integer({ min: 1, max: 9999 }),
      fc.integer({ min: 0, max: 13 }),
      fc.integer({ min: 0, max: 32 }),
    );
    fc.assert(
      fc.property(day, ([year, month, date]) => {
        const text = `${digits(year, 4)}-${digits(month)}-${digits(date)}`;
        const found = new Date(0);
        found.setUTCFullYear(year, month - 1, date);
        const exists =
          found.getUTCFullYear() === year && found.getUTCMonth() === month - 1 && found.getUTCDate() === date;
        expect(parseCreatedAt(text)).toBe(exists ? `${text}T00:00:00.000000Z` : undefined);
      }),
      { numRuns: 300 },
    );
  });
});
