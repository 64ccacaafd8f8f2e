export { madeTables } from './made-tables.ts';
export { createNeonLedger } from './neon-ledger.ts';
export { createNeonRowStore, type NeonRowStoreOptions } from './neon-row-store.ts';
