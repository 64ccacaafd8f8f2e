import type { Query } from '../support/held-by-stores.ts';

/**
 * Whole databases moved about on one server, as an operator does with dumps: everything in them goes along, stamps and
 * fences included. Nobody may be connected to a database that is copied or renamed; the server waits five seconds for
 * the last one to leave.
 */
export interface DatabaseMoves {
  /** Makes an empty database. */
  create(name: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a database if it is there, cutting connections that are still open. */
  drop(name: string): Promise<void>;
}

/** `query` must be connected to a database that is not moved, as a user who may make databases. */
export function databaseMoves(query: Query): DatabaseMoves {
  const say = async (statement: string): Promise<void> => void (await query(statement));
  return {
    create: (name) => say(`create database "${name}" template template0 encoding 'UTF8' locale 'C'`),
    copy: (from, to) => say(`create database "${to}" template "${from}"`),
    rename: (from, to) => say(`alter database "${from}" rename to "${to}"`),
    drop: (name) => say(`drop database if exists "${name}" with (force)`),
  };
}

/** The same connection string, of another database. */
export function withDatabase(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}
