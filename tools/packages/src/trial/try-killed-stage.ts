import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStubOpenAi } from '@lockstep/testing-faults';
import type { InstallFolder } from './install-folder.ts';
import { startLine } from './start-line.ts';

/** More requests of `BATCH` texts than are under way at once, so that some are answered before the kill. */
const CHUNKS = Array.from({ length: 60 }, (_, at) => ({ id: `k${at}`, text: `A text to be paid for, number ${at}.` }));
const BATCH = 5;
const KILLED_AT_REQUEST = 10;

/**
 * Kills Nx with the stage `embed` in the middle of it, runs all stages again, and says what is wrong: what was on disk is not
 * paid for twice, and both stores are in step. Texts are embedded, and counted, by a stub of OpenAI.
 */
export async function tryKilledStage(folder: InstallFolder): Promise<string[]> {
  let atRequest = (_request: number): void => {};
  const openai = await startStubOpenAi({
    dimensions: 8,
    script: (request) => {
      atRequest(request);
      return undefined;
    },
  });
  const env = { OPENAI_BASE_URL: openai.baseUrl, LOCKSTEP_EMBEDDER: 'cloud' };
  try {
    mkdirSync(join(folder.root, 'killed'));
    writeFileSync(join(folder.root, 'killed/chunks.json'), JSON.stringify(CHUNKS));
    const corpus = { name: 'killed', input: 'chunks.json', dimensions: 8, batchSize: BATCH, collection: 'killed' };
    writeFileSync(join(folder.root, 'killed/corpus.json'), JSON.stringify(corpus));

    const first = startLine(folder, 'npx nx run killed:embed', env);
    atRequest = (request) => {
      if (request === KILLED_AT_REQUEST) first.kill();
    };
    const killed = await first.ended;
    atRequest = () => {};
    const stored = cachedTexts(folder);
    if (killed.exit !== null || stored === 0 || stored === CHUNKS.length) {
      return [
        `The stage that was killed ended with ${killed.exit}, with ${stored} texts in the cache:\n${killed.output}`,
      ];
    }
    const paidBefore = openai.seen.inputs;
    const second = await startLine(folder, 'npx nx run killed:load', env).ended;
    const verified = await startLine(folder, 'npx lockstep verify killed --level vectors --json', env).ended;
    const paid = openai.seen.inputs - paidBefore;
    return [
      ...(second.exit === 0 ? [] : [`The load after a kill ended with ${second.exit}:\n${second.output}`]),
      ...(verified.exit === 0 ? [] : [`The verify after a kill ended with ${verified.exit}:\n${verified.output}`]),
      ...(paid === CHUNKS.length - stored
        ? []
        : [`${stored} of ${CHUNKS.length} texts were on disk after a kill, and ${paid} were paid for after it.`]),
    ];
  } finally {
    await openai.close();
  }
}

/** Texts whose vectors are in the cache of the model of 8 dimensions: its whole lines. */
function cachedTexts({ root }: InstallFolder): number {
  return globSync('.lockstep/cache/*-8-*.jsonl', { cwd: root })
    .map((path) => readFileSync(join(root, path), 'utf8').split('\n').length - 1)
    .reduce((sum, lines) => sum + lines, 0);
}
