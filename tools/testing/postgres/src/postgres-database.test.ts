import { Client } from 'pg';
import { expect, test } from 'vitest';
import { createDatabase } from './postgres-database.ts';

test('each call of createDatabase gives another database on the same server', { timeout: 60_000 }, async () => {
  const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
  expect(one.name).not.toBe(two.name);
  expect(new URL(one.connectionString).host).toBe(new URL(two.connectionString).host);
  const client = new Client({ connectionString: one.connectionString });
  await client.connect();
  const { rows } = await client.query(
    'select current_database() as name, (select count(*)::int from pg_tables where schemaname = $1) as tables',
    ['public'],
  );
  expect(rows).toEqual([{ name: one.name, tables: 0 }]);
  await client.end();
  await Promise.all([one.drop(), two.drop()]);
  await expect(new Client({ connectionString: one.connectionString }).connect()).rejects.toMatchObject({
    code: '3D000',
  });
});
