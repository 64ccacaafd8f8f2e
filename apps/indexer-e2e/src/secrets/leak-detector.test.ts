import { expect, it } from 'vitest';
import { createLeakDetector } from './leak-detector.ts';

const PASSWORD = 'Nb3#Gh7/Cx@9:Lk%2&Df"5 Sz?1+Rv';
const VECTOR = Float32Array.of(0.123_456_78, -0.987_654_3, 0.555_123_4);
const leaks = createLeakDetector({ password: PASSWORD, vector: VECTOR });

it.each<[form: string, text: string]>([
  ['as it is', `connecting as owner:${PASSWORD}@host`],
  ['in two pieces', `${PASSWORD.slice(0, 12)}\n${PASSWORD.slice(12)}`],
  ['when only half of it is there', PASSWORD.slice(0, 15)],
  ['percent-encoded', encodeURIComponent(PASSWORD)],
  ['as a URL has it', new URL(`postgresql://owner:${encodeURIComponent(PASSWORD)}@host/db`).href],
  ['in JSON in JSON', JSON.stringify(JSON.stringify({ PASSWORD }))],
  ['in base64', `Basic ${btoa(`owner:${PASSWORD}`)}`],
  ['in base64 at another offset', btoa(`user:${PASSWORD}`)],
  ['in hexadecimal', Buffer.from(PASSWORD).toString('hex')],
])('a password is found %s', (_form, text) => {
  expect(leaks(`before ${text} after`)).toEqual(['password']);
});

it.each<[form: string, text: string]>([
  ['of doubles', JSON.stringify([...VECTOR])],
  ['of short numbers', '[0.12345678,-0.9876543,0.5551234]'],
  ['of bytes', Buffer.from(VECTOR.buffer).toString('base64')],
])('a vector is found as an array %s', (_form, text) => {
  expect(leaks(text)).toEqual(['vector']);
});

it('no secret is found in a text without one', () => {
  expect(leaks('postgresql://owner:***@host/db failed at 2026-01-02T03:04:05.678Z after 12345678 ms')).toEqual([]);
});
