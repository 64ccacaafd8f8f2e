import { deepStrictEqual, ok } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStubOpenAi } from '@lockstep/testing-faults';
import { startIndexer, type Ended, type Launcher } from './start-indexer.ts';

/** Where a runtime is tried: a folder of its own, with `chunks.json`. */
export interface Place {
  readonly launcher: Launcher;
  readonly folder: string;
}

const SUBJECTS = ['The whale is a mammal of the sea.', 'Bread is baked in an oven.', 'Snow covers the mountain.'];
const CHUNKS = Array.from({ length: 12 }, (_, at) => ({ id: `c${at}`, text: `${SUBJECTS[at % 3]} No. ${at}` }));

/** For the kill: more requests of `BATCH` texts than are under way at once, so that some are answered by then. */
const KILLED = Array.from({ length: 60 }, (_, at) => ({ id: `k${at}`, text: `A text to be paid for, number ${at}.` }));
const BATCH = 5;
const KILLED_AT_REQUEST = 10;

/**
 * The main path of the command line, in this order in one folder: each throws where a command does not end as it should.
 * The first four use the embedded services alone.
 */
export const COMMAND_TRIALS: Readonly<Record<string, (place: Place) => Promise<void>>> = {
  async run({ launcher, folder }) {
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify(CHUNKS));
    const { verify } = await succeeded(startIndexer(launcher, folder, ['run', 'chunks.json']).ended);
    deepStrictEqual((verify as { counts: unknown }).counts, counts(CHUNKS.length));
  },

  async verify({ launcher, folder }) {
    const found = await succeeded(
      startIndexer(launcher, folder, ['verify', 'chunks.json', '--level', 'vectors']).ended,
    );
    deepStrictEqual([found['ok'], found['counts']], [true, counts(CHUNKS.length)]);
  },

  async search({ launcher, folder }) {
    const { results } = await succeeded(startIndexer(launcher, folder, ['search', 'Where is bread made?']).ended);
    const [first] = results as readonly { readonly text: string }[];
    ok(first?.text.startsWith('Bread is baked'), `the first result is ${JSON.stringify(first)}`);
  },

  async plan({ launcher, folder }) {
    const [edited, ...others] = CHUNKS.slice(1);
    writeFileSync(join(folder, 'chunks.json'), JSON.stringify([{ ...edited, text: 'Another text.' }, ...others]));
    const { stores } = await succeeded(
      startIndexer(launcher, folder, ['plan', 'chunks.json', '--allow-deletes']).ended,
    );
    for (const store of ['qdrant', 'neon']) {
      const { plan } = (stores as Readonly<Record<string, { plan: object }>>)[store] ?? {};
      const { add, change, delete: deleted, unchanged } = plan as Readonly<Record<string, number>>;
      deepStrictEqual({ add, change, deleted, unchanged }, { add: 0, change: 1, deleted: 1, unchanged: 10 });
    }
  },

  async 'resume after a kill'({ launcher, folder }) {
    writeFileSync(join(folder, 'killed.json'), JSON.stringify(KILLED));
    let atRequest = (_request: number): void => {};
    const openai = await startStubOpenAi({
      dimensions: 8,
      script: (request) => {
        atRequest(request);
        return undefined;
      },
    });
    try {
      const start = () =>
        startIndexer(
          launcher,
          folder,
          ['run', 'killed.json', '--dimensions', '8', '--batch-size', `${BATCH}`, '--collection', 'killed'],
          { OPENAI_BASE_URL: openai.baseUrl, LOCKSTEP_EMBEDDER: 'cloud' },
        );
      const first = start();
      let isKilled = false;
      atRequest = (request) => {
        if (request !== KILLED_AT_REQUEST) return;
        isKilled = true;
        first.kill();
      };
      const { exit, stderr } = await first.ended;
      ok(isKilled && exit === null, `ended with ${exit} before it was killed: ${stderr.slice(-2_000)}`);
      atRequest = () => {};
      const paidBefore = openai.seen.inputs;
      const { verify, embed } = await succeeded(start().ended);
      deepStrictEqual((verify as { counts: unknown }).counts, counts(KILLED.length));
      const { embedded } = embed as { embedded: number };
      deepStrictEqual(openai.seen.inputs - paidBefore, embedded);
      ok(embedded < KILLED.length, 'the second run paid for every text again');
    } finally {
      await openai.close();
    }
  },
};

function counts(count: number) {
  return { input: count, cache: count, qdrant: count, neon: count };
}

async function succeeded(command: Promise<Ended>): Promise<NonNullable<Ended['json']>> {
  const { exit, json, stderr } = await command;
  if (exit !== 0 || json === undefined) throw new Error(`ended with ${exit}: ${stderr.slice(-2_000)}`);
  return json;
}
