import { createStubEmbedder } from './stub-embedder.ts';
import { embedderSuite } from './suites/embedder-suite.ts';

embedderSuite('the stub of the embedder', () =>
  Promise.resolve({ embedder: () => createStubEmbedder(), close: () => Promise.resolve() }),
);
