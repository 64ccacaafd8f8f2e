import { sqlStateOf, type CallOptions, type SqlClient, type Statement } from '@lockstep/model';
import { queryExistingTable } from './query-existing-table.ts';

/** One step of a schema: statements that are applied together or not at all. Never changed once released. */
export type Migration = readonly string[];

/** Key of the advisory lock that lets one migration run at a time; any fixed number works. */
const LOCK_KEY = 7_203_915_514;

const UNIQUE_VIOLATION = '23505';

/**
 * Applies the migrations of one component that a database lacks, each in a transaction of its own. Concurrent calls are
 * safe: one applies a step, the other finds it applied.
 */
export async function migrate(
  sql: SqlClient,
  component: string,
  migrations: readonly Migration[],
  options?: CallOptions,
): Promise<void> {
  for (let version = await appliedVersion(sql, component, options); version < migrations.length; version += 1) {
    const step: Statement[] = [
      ['select pg_advisory_xact_lock($1)', [LOCK_KEY]],
      [
        `create table if not exists lockstep_migration (
          component text not null, version integer not null, applied_at timestamptz not null default now(),
          primary key (component, version))`,
      ],
      ['insert into lockstep_migration (component, version) values ($1, $2)', [component, version + 1]],
      ...(migrations[version] as Migration).map((text): Statement => [text]),
    ];
    try {
      await sql.transaction(step, options);
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
    }
  }
}

async function appliedVersion(sql: SqlClient, component: string, options?: CallOptions): Promise<number> {
  const [row] = await queryExistingTable(
    sql,
    ['select coalesce(max(version), 0)::int as version from lockstep_migration where component = $1', [component]],
    options,
  );
  return Number(row?.['version'] ?? 0);
}
