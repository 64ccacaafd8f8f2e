import { expect, it } from 'vitest';
import { postgresAddress } from '../service-address.ts';
import { takeForeignPostgres } from './foreign-postgres.ts';

const QDRANT_URL = 'https://q.test';
const DATABASE_URL = 'postgres://u:p@app.test/app';
const free = { vectors: undefined, rows: undefined };

it.each([
  ['DATABASE_URL', { QDRANT_URL, DATABASE_URL }],
  ['POSTGRES_URL', { QDRANT_HOST: 'q.test', POSTGRES_URL: DATABASE_URL }],
  ['DATABASE_URL', { QDRANT_URL, DATABASE_URL, POSTGRES_URL: DATABASE_URL }],
])('%s names the Postgres beside a Qdrant, and is told', (variable, environment) => {
  const taken = takeForeignPostgres(environment, free);
  expect(taken.postgresVariable).toBe(variable);
  expect(postgresAddress(taken)).toMatchObject({ connectionString: DATABASE_URL, shown: 'app.test/app' });
});

it.each([
  ['no Qdrant', { DATABASE_URL }, free],
  ['our own variable', { QDRANT_URL, DATABASE_URL, NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u@o.test/d' }, free],
  ['a profile', { QDRANT_URL, DATABASE_URL, LOCKSTEP_PROFILE: 'cloud' as const }, free],
  ['rows that are chosen', { QDRANT_URL, DATABASE_URL }, { ...free, rows: 'cloud' as const }],
  ['the embedded Qdrant', { QDRANT_URL, DATABASE_URL }, { ...free, vectors: 'embedded' as const }],
])('the database of an application is left alone with %s', (_, environment, flags) => {
  expect(takeForeignPostgres(environment, flags)).toEqual(environment);
});

it.each([
  [
    { DATABASE_URL: 'mysql://u:secret@db.test/d' },
    /^DATABASE_URL: expected postgresql:.*NEON_POSTGRES_CONNECTION_STRING/,
  ],
  [{ DATABASE_URL, POSTGRES_URL: 'postgres://u:secret@b.test/d' }, /^DATABASE_URL and POSTGRES_URL name different/],
])('a database that cannot be meant is refused: %#', (own, message) => {
  const take = () => takeForeignPostgres({ QDRANT_URL, ...own }, free);
  expect(take).toThrow(
    expect.objectContaining({ code: 'environment-invalid', message: expect.stringMatching(message) }),
  );
  expect(take).not.toThrow(/secret/);
});

it('rows that are chosen without an address are told about the variable that is not taken', () => {
  expect(() => postgresAddress({ QDRANT_URL, DATABASE_URL, LOCKSTEP_PROFILE: 'cloud' })).toThrow(
    /NEON_POSTGRES_CONNECTION_STRING is not set.*DATABASE_URL is taken only beside QDRANT_HOST/,
  );
});
