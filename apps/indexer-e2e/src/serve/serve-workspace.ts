import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '@lockstep/report';
import { createStubOpenAiHandler, startFaultServer } from '@lockstep/testing-faults';
import { runIndexer, startIndexer, type IndexerRun, type StartedIndexer } from '../support/run-indexer.ts';
import { stubOpenAiEnvironment } from '../support/stub-openai-environment.ts';

const DIMENSIONS = 8;

/** A workspace with corpora, a stub of OpenAI that can be made to wait, and embedded stores. */
export interface ServedFolder {
  readonly folder: string;
  /** Inputs that the stub was asked to embed. */
  readonly asked: () => number;
  /** Requests to the stub wait from now on. `arrived` resolves when one does. */
  hold(): { readonly arrived: Promise<void>; release(): void };
  /** Releases requests that a test that failed has left waiting. */
  letGo(): void;
  write(corpus: string, records: readonly object[]): void;
  /** Starts a command in a process of its own; it is ended with the folder. */
  start(args: readonly string[], variables?: Readonly<Record<string, string>>): StartedIndexer;
  run(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<IndexerRun>;
  serve(args?: readonly string[]): Promise<Served>;
  remove(): Promise<void>;
}

/** A running `indexer serve`. */
export interface Served extends StartedIndexer {
  readonly url: URL;
  readonly token: string;
  /** Sends a request as a program would, with the token, and returns status and JSON. */
  ask(path: string, init?: Asked): Promise<Answer>;
  /** What is told of runs, event by event. */
  watch(): AsyncGenerator<readonly RunView[], void, void>;
}

export interface Asked {
  readonly method?: string;
  readonly body?: object;
  /** In the place of those that are sent otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // Each test says what it expects of it.
  readonly json: Record<string, unknown>;
}

/** Records whose texts all differ. */
export const recordsOf = (count: number, of = 'whale'): object[] =>
  Array.from({ length: count }, (_, at) => ({ id: `c${at}`, text: `${of} number ${at}`, page_number: at }));

export async function createServedFolder(corpora: readonly string[]): Promise<ServedFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-serve-'));
  writeFileSync(join(folder, 'nx.json'), '{}');
  const embed = createStubOpenAiHandler({ dimensions: DIMENSIONS });
  let asked = 0;
  let gate: { readonly opened: Promise<void>; readonly arrived: () => void; readonly open: () => void } | undefined;
  const letGo = (): void => {
    gate?.open();
    gate = undefined;
  };
  const openai = await startFaultServer({
    async handler(request) {
      asked += 1;
      gate?.arrived();
      await gate?.opened;
      return embed(request);
    },
  });
  const write: ServedFolder['write'] = (corpus, records) => {
    mkdirSync(join(folder, corpus), { recursive: true });
    const config = {
      name: corpus,
      input: 'chunks.json',
      dimensions: DIMENSIONS,
      batchSize: 10,
      payload: ['page_number'],
    };
    writeFileSync(join(folder, corpus, 'corpus.json'), JSON.stringify(config));
    writeFileSync(join(folder, corpus, 'chunks.json'), JSON.stringify(records));
  };
  for (const corpus of corpora) write(corpus, recordsOf(20));
  const env = { ...stubOpenAiEnvironment(`${openai.url}/v1`), LOCKSTEP_PRICE: '1' };
  const started: StartedIndexer[] = [];
  const start: ServedFolder['start'] = (args, variables) => {
    const indexer = startIndexer(folder, args, { ...env, ...variables });
    started.push(indexer);
    return indexer;
  };
  return {
    folder,
    asked: () => asked,
    hold() {
      const opened = Promise.withResolvers<void>();
      const arrived = Promise.withResolvers<void>();
      gate = { opened: opened.promise, arrived: arrived.resolve, open: opened.resolve };
      return {
        arrived: arrived.promise,
        release: letGo,
      };
    },
    write,
    start,
    run: (args, variables) => runIndexer(folder, args, { ...env, ...variables }),
    async serve(args = []) {
      const indexer = start(['serve', ...args]);
      return served(indexer, new URL(await indexer.firstLine));
    },
    letGo,
    async remove() {
      letGo();
      for (const each of started) {
        each.interrupt();
        await each.ended;
      }
      await openai.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function served(indexer: StartedIndexer, url: URL): Served {
  const token = /^#token=([\w-]+)$/.exec(url.hash)?.[1] ?? '';
  const authorization = `Bearer ${token}`;
  return {
    ...indexer,
    url,
    token,
    ask: (path, { method = 'GET', body, headers } = {}) =>
      // `fetch` would not send every header as it is told.
      new Promise((resolve, reject) => {
        const sent = httpRequest(new URL(path, url), { method, headers: { authorization, ...headers } }, (reply) => {
          let text = '';
          reply.setEncoding('utf8').on('data', (part: string) => (text += part));
          reply.on('end', () => {
            const json = text.startsWith('{') ? (JSON.parse(text) as Answer['json']) : {};
            resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, json });
          });
        });
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    async *watch() {
      const response = await fetch(new URL('/api/events', url), { headers: { authorization } });
      const utf8 = new TextDecoder();
      let pending = '';
      for await (const part of response.body as ReadableStream<Uint8Array>) {
        const blocks = (pending + utf8.decode(part, { stream: true })).split('\n\n');
        pending = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data !== undefined) yield (JSON.parse(data) as { readonly runs: readonly RunView[] }).runs;
        }
      }
    },
  };
}
