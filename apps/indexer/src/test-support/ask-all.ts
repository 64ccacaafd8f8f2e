import { join } from 'node:path';
import { SILENT } from '@lockstep/model';
import { search } from '@lockstep/pipeline';
import { openServices } from '../open-services.ts';
import { KNOWN_MODELS } from '../settings/known-models.ts';

/*
 * Asks one corpus of the workspace in the current folder many questions in one process, and prints the ids of the first
 * five chunks for each, as JSON. Arguments: the corpus, the questions as a JSON array.
 */
const [corpus, questions] = process.argv.slice(2) as [string, string];
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
const answers: string[][] = [];
for (const question of JSON.parse(questions) as string[]) {
  const { found } = await search(question, { ...stores, corpus, limit: 5 });
  answers.push(found.map(({ row }) => row.chunkId));
}
await services.close();
process.stdout.write(JSON.stringify(answers));
