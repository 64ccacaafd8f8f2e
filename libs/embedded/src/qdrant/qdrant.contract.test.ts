import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qdrantSuite } from '@lockstep/testing';
import { startEmbeddedQdrant } from './start-embedded-qdrant.ts';

qdrantSuite('the embedded Qdrant', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'embedded-qdrant-'));
  const { url, close } = await startEmbeddedQdrant({ directory });
  return {
    url,
    close: async () => {
      await close();
      await rm(directory, { recursive: true });
    },
  };
});

const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
if (url !== undefined && url !== '') {
  qdrantSuite(`the Qdrant at QDRANT_URL`, () =>
    Promise.resolve({ url, ...(apiKey === undefined ? {} : { apiKey }), close: () => Promise.resolve() }),
  );
}
