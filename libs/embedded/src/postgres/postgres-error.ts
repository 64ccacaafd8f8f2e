/** The fields of a Postgres error beside its message, in the order in which Neon's protocol writes them. */
export const POSTGRES_ERROR_FIELDS = [
  'code',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'severity',
  'where',
  'table',
  'column',
  'schema',
  'dataType',
  'constraint',
  'file',
  'line',
  'routine',
] as const;

/** A field is `null` when the server did not send it. */
export type PostgresErrorFields = Readonly<Record<(typeof POSTGRES_ERROR_FIELDS)[number], string | null>>;

/** An error that Postgres itself reported, with its SQLSTATE in `fields.code`. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  readonly fields: PostgresErrorFields;

  /** Takes the known fields from `source`, an error object of any Postgres client, and nothing else of it. */
  constructor(message: string, source: object) {
    super(message);
    const given = new Map<string, unknown>(Object.entries(source));
    this.fields = Object.fromEntries(
      POSTGRES_ERROR_FIELDS.map((field) => {
        const value = given.get(field);
        return [field, typeof value === 'string' ? value : null];
      }),
    ) as PostgresErrorFields;
  }
}

/** The server cannot be reached, went away in the middle, or was closed. The message holds no secret. */
export class PostgresUnavailableError extends Error {
  override readonly name = 'PostgresUnavailableError';
}
