import { join } from 'node:path';
import { SILENT } from '@lockstep/model';
import { createReader } from '@lockstep/reader/create-reader';
import { openServices } from '@lockstep/indexer/wiring/open-services';
import { KNOWN_MODELS } from '@lockstep/indexer/settings/known-models';

/*
 * Searches the corpora of the workspace in the current folder for many questions in one process, and prints the ids of
 * the first five chunks of each as JSON. Argument: the questions by corpus, as JSON.
 */
const questions = JSON.parse(process.argv[2] ?? '{}') as Record<string, string[]>;
const services = openServices({
  environment: {},
  profile: { embedder: 'embedded', vectors: 'embedded', rows: 'embedded' },
  stateDirectory: join(process.cwd(), '.lockstep'),
  logger: SILENT,
  signal: new AbortController().signal,
});
const stores = {
  embedder: await services.embedder(KNOWN_MODELS.embedded),
  vectors: await services.vectors('book_vectors'),
  rows: await services.rows('rag_metadata'),
};
const answers: Record<string, string[][]> = {};
for (const [corpus, asked] of Object.entries(questions)) {
  answers[corpus] = [];
  for (const question of asked) {
    const { hits } = await createReader({ ...stores, corpus }).search(question, { limit: 5 });
    answers[corpus].push(hits.map(({ chunkId }) => chunkId));
  }
}
await services.close();
process.stdout.write(JSON.stringify(answers));
