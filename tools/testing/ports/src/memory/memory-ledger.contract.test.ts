import { createLedgerState, createMemoryLedger } from './memory-ledger.ts';
import { ledgerSuite } from '../suites/ledger-suite.ts';

ledgerSuite('the ledger in memory', async () => {
  const state = createLedgerState();
  return {
    open: async () => createMemoryLedger(state),
    openEmpty: async () => createMemoryLedger(),
    openOld: async () => {
      const old = createLedgerState();
      return {
        ledger: createMemoryLedger(old),
        takeAsBefore: async (corpus, runId) => {
          const fence = (old.fences.get(corpus)?.fence ?? 0) + 1;
          old.fences.set(corpus, { fence, runId, digest: 'd' });
          return fence;
        },
      };
    },
    close: async () => {},
  };
});
