import { createLedgerState, createMemoryLedger } from './memory-ledger.ts';
import { ledgerSuite } from './ledger-suite.ts';

ledgerSuite('the ledger in memory', async () => {
  const state = createLedgerState();
  return { open: async () => createMemoryLedger(state), close: async () => {} };
});
