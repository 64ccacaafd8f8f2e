import { createMemoryDatabase, createMemoryRowStore } from './memory-row-store.ts';
import { rowStoreSuite } from '../suites/row-store-suite.ts';

rowStoreSuite('the row store in memory', async () => {
  const database = createMemoryDatabase();
  return {
    serviceName: 'Memory',
    store: (table) => createMemoryRowStore({ target: table, pageItems: 100, database }),
    hasTable: async (table) => database.tables.has(table),
    dropTable: async (table) => void database.tables.delete(table),
    close: async () => {},
  };
});
