import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { printed, type InstallFolder } from './install-folder.ts';
import { compile } from './try-types.ts';

/**
 * Imports the API in a strict TypeScript program of the workspace, as Node finds packages and as bundlers do, compiles it,
 * runs it both as it is and bundled, and says what is wrong. The corpus `chunks` is loaded.
 */
export async function tryApi(folder: InstallFolder): Promise<string[]> {
  writeFileSync(join(folder.root, 'use-api.mts'), PROGRAM);
  const problems = compile(folder, 'use-api.mts');
  await build({
    cwd: folder.root,
    input: 'use-api.mts',
    platform: 'node',
    // An application bundles the reader, for a Worker; what needs files and engines stays a package.
    external: (id) => id === '@lockstep/indexer',
    logLevel: 'warn',
    output: { dir: join(folder.root, 'bundled'), entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
  });
  for (const program of ['use-api.mts', 'bundled/use-api.mjs']) {
    const output = printed(folder.run(process.execPath, [program]));
    if (!output.startsWith(`${EXPECTED}\n`) || !output.endsWith('exit 0')) {
      problems.push(`${program} was to print ${EXPECTED}:\n${output}`);
    }
  }
  return problems;
}

/** Loads and searches a corpus by the engines, and reads by a reader whose services are in memory or do not answer. */
const PROGRAM = `
import { isIndexingError, openIndex, type IndexEvent, type RunReceipts } from '@lockstep/indexer';
import { connectReader, createReader, type Hit, type Reader } from '@lockstep/indexer/reader';

const stages = new Set<string>();
const onEvent = (event: IndexEvent): void => {
  if (event.type === 'stage-ended') stages.add(event.stage);
};
const index = await openIndex({ corpus: 'chunks', onEvent });
const { embed, verify }: RunReceipts = await index.load();
const { hits } = await index.search('What did he walk on?', { limit: 1 });
await index.close();

const row = { pointId: 'p', corpus: 'c', id: 'a', text: 'A text.', contentHash: 'h', embeddingKey: 'k' };
const reader: Reader = createReader({
  embedder: {
    identity: { model: 'm' } as never,
    embed: async () => ({ vectors: [new Float32Array([1])] }) as never,
  },
  vectors: {
    target: 'here',
    search: async () => [
      { pointId: 'p', score: 0.5, payload: { content_hash: 'h' } },
      { pointId: 'q', score: 0.4, payload: { content_hash: 'h' } },
    ],
  },
  rows: { census: async () => ({ corpora: [], unowned: 0 }), rows: async () => [row as never] },
});
const read = await reader.search('A text');
const texts: string[] = [...hits, ...read.hits].map(({ text }: Hit) => text);

const unreachable = connectReader({
  embedder: { apiKey: 'none', baseUrl: 'http://127.0.0.1:9/v1' },
  vectors: { url: 'http://127.0.0.1:9' },
  rows: { connectionString: 'postgresql://user:secret@host.test/db' },
  deadlineMs: 500,
});
const failure: unknown = await unreachable.search('A text').catch((error: unknown) => error);
console.log(
  JSON.stringify({
    ok: verify.ok,
    embedded: embed.embedded,
    stages: [...stages].toSorted(),
    texts,
    dropped: read.dropped,
    failure: isIndexingError(failure) ? failure.code : String(failure),
  }),
);
`;

const EXPECTED = JSON.stringify({
  ok: true,
  embedded: 0,
  stages: ['embed', 'load-neon', 'load-qdrant', 'plan', 'provision', 'validate', 'verify'],
  texts: ['The captain walked on a leg of ivory.', 'A text.'],
  dropped: 1,
  failure: 'service-unavailable',
});
