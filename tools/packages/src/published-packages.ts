import { join } from 'node:path';

/** Root of the repository. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A project that is published to npm. Its name, version, entries and dependencies are in its package.json. */
export interface PublishedPackage {
  /** Folder of the project, from the root. */
  readonly folder: string;
  /** Packages of others that are copied into this one, since most of what they install would never be loaded. */
  readonly bundled: readonly string[];
  /** Entries that run where Node's modules are missing too, such as in Workers; the others are for Node. @default [] */
  readonly web?: readonly string[];
  /** Further files of the package, with where they come from in the repository. */
  readonly files: Readonly<Record<string, string>>;
}

/** The packages that a user installs, by the name of their project. */
export const PUBLISHED_PACKAGES = {
  indexer: {
    folder: 'apps/indexer',
    bundled: [
      '@hono/node-server',
      '@qdrant/js-client-rest',
      '@qdrant/openapi-typescript-fetch',
      'gpt-tokenizer',
      'hono',
      'openai',
    ],
    web: ['reader'],
    files: {
      'bin/indexer.js': 'apps/indexer/bin/indexer.js',
      'corpus.schema.json': 'docs/corpus.schema.json',
      'results.schema.json': 'docs/results.schema.json',
    },
  },
  embedded: {
    folder: 'libs/embedded',
    bundled: [],
    files: { NOTICE: 'libs/embedded/NOTICE' },
  },
  'nx-corpus': {
    folder: 'tools/nx-corpus',
    bundled: [],
    files: { 'generators.json': 'tools/nx-corpus/generators.json', schemas: 'tools/nx-corpus/schemas' },
  },
} as const satisfies Readonly<Record<string, PublishedPackage>>;

export type PublishedProject = keyof typeof PUBLISHED_PACKAGES;
