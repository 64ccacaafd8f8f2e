import type { Query } from '../support/stored-chunks.ts';

/**
 * Copies and renames whole databases on one server, as an operator does with dumps, stamps and fences included. No
 * client may be connected to a database that is copied or renamed; the server waits five seconds for the last one.
 */
export interface DatabaseMoves {
  /** Creates an empty database. */
  create(name: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Drops a database if it exists, and closes its open connections. */
  drop(name: string): Promise<void>;
}

/** `query` must be connected to a database that is not moved, as a user who may create databases. */
export function databaseMoves(query: Query): DatabaseMoves {
  const execute = async (statement: string): Promise<void> => void (await query(statement));
  return {
    create: (name) => execute(`create database "${name}" template template0 encoding 'UTF8' locale 'C'`),
    copy: (from, to) => execute(`create database "${to}" template "${from}"`),
    rename: (from, to) => execute(`alter database "${from}" rename to "${to}"`),
    drop: (name) => execute(`drop database if exists "${name}" with (force)`),
  };
}

/** The same connection string, of another database. */
export function withDatabase(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}
