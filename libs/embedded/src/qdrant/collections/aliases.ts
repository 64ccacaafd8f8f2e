import { formatError, notFound } from '../requests/qdrant-refusal.ts';
import { type JsonObject, readArray, readFields, readString } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { type Collection, refuseTakenName, resolveCollection } from './collections.ts';

/**
 * `POST /collections/aliases`: all actions in order, in one transaction.
 *
 * Creating an alias that exists moves it to the new collection. An alias cannot have the name of a collection (409).
 */
export function changeAliases(tx: Transaction, body: unknown): true {
  const { actions } = readFields(body, 'the request', ['actions']);
  for (const [index, action] of readArray(actions, 'actions').entries()) changeAlias(tx, action, `actions[${index}]`);
  return true;
}

function changeAlias(tx: Transaction, action: unknown, where: string): void {
  const fields = readFields(action, where, ['create_alias', 'delete_alias'], ['rename_alias']);
  const [kind, ...others] = Object.keys(fields);
  if (kind === undefined || others.length > 0) throw formatError(`${where} must hold one action`);
  if (kind === 'create_alias') {
    const create = readFields(fields[kind], `${where}.${kind}`, ['collection_name', 'alias_name']);
    const name = readString(create['collection_name'], `${where}.${kind}.collection_name`);
    const alias = readString(create['alias_name'], `${where}.${kind}.alias_name`);
    const target = tx.get<Collection>('SELECT * FROM collections WHERE name = ?', name);
    if (target === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
    refuseTakenName(tx, alias);
    tx.run('INSERT OR REPLACE INTO aliases (alias, collection_id) VALUES (?, ?)', alias, target.id);
  } else {
    const { alias_name } = readFields(fields[kind], `${where}.${kind}`, ['alias_name']);
    tx.run('DELETE FROM aliases WHERE alias = ?', readString(alias_name, `${where}.${kind}.alias_name`));
  }
}

/** `GET /aliases`: all aliases. `GET /collections/{c}/aliases`: those of one collection. */
export function listAliases(tx: Transaction, collectionName?: string): JsonObject {
  const select =
    'SELECT a.alias AS alias_name, c.name AS collection_name FROM aliases a JOIN collections c ON c.id = a.collection_id';
  if (collectionName === undefined) return { aliases: tx.all(`${select} ORDER BY a.alias`) };
  const { id } = resolveCollection(tx, collectionName);
  return { aliases: tx.all(`${select} WHERE c.id = ? ORDER BY a.alias`, id) };
}
