/**
 * Who may import whom, and how large a folder may be: the only place for these numbers and names.
 * A project states its row in its package.json, under `nx.tags`: one `type:` tag and one `runtime:` tag.
 */

/** The types that a project may import, by its own type. No project imports an e2e project or a tool. */
export const MAY_IMPORT = {
  model: [],
  util: ['model'],
  core: ['model', 'util', 'core'],
  adapter: ['model', 'util'],
  client: ['model', 'util', 'core', 'adapter', 'client'],
  testing: ['model', 'util', 'core', 'adapter', 'testing'],
  app: ['model', 'util', 'core', 'adapter', 'client'],
  e2e: ['model', 'util', 'core', 'adapter', 'client', 'testing', 'app'],
  tool: ['model', 'testing'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** What a project is for. */
export type TypeTag = keyof typeof MAY_IMPORT;

/** Every type. */
export const TYPE_TAGS = Object.keys(MAY_IMPORT) as readonly TypeTag[];

/** Where a project runs. `any`: web APIs only. `fs`: Node modules too. */
export const RUNTIME_TAGS = ['any', 'fs'] as const;

/** Types that a test file may import in addition to those of its project. */
export const TEST_FILES_MAY_IMPORT: readonly TypeTag[] = ['model', 'util', 'core', 'adapter', 'client', 'testing'];

/** Types that are never published. As in tests, the root's development packages count as declared in them. */
export const DEVELOPMENT_TYPES: readonly TypeTag[] = ['testing', 'e2e', 'tool'];

/** Packages for a user at a terminal, which only `type:app` may import. */
export const APP_ONLY_PACKAGES: readonly string[] = ['citty', 'consola'];

/**
 * Layers inside a package, lowest first: a file may import its own layer and the ones before it. A name is a folder or
 * a file. Files that the list does not name, such as index.ts, are above all layers.
 */
export type Layers = Readonly<Record<string, readonly string[]>>;

/** Layers by the folder that holds them. Each layer must exist. */
export const LAYERS: Layers = {
  'libs/pipeline/src': [
    'receipts.ts',
    'work',
    'input',
    'files',
    'accept',
    'compare',
    'runs',
    'stages',
    'operations',
    'corpus-ports.ts',
    'corpus.ts',
    'run.ts',
  ],
};

/** Most source files in one folder, tests not counted. */
export const FOLDER_FILES_MAX = 20;
