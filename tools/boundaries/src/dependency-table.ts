/**
 * Who may import whom: the one place for the table, read by the check and by nothing else.
 * A project states its row in its package.json, under `nx.tags`: one `type:` tag and one `runtime:` tag.
 */

/** What a project is for. Decides what it may import. */
export type TypeTag = 'model' | 'util' | 'core' | 'adapter' | 'testing' | 'app' | 'tool';

/** Where a project runs. `any`: web APIs only. `fs`: Node modules too. */
export type RuntimeTag = 'any' | 'fs';

/** The types that the files of a project may import from other projects, by the type of that project. Test files: see below. */
export const MAY_IMPORT: Readonly<Record<TypeTag, readonly TypeTag[]>> = {
  model: [],
  util: ['model'],
  core: ['model', 'util', 'core'],
  adapter: ['model', 'util'],
  testing: ['model', 'util', 'core', 'adapter'],
  app: ['model', 'util', 'core', 'adapter'],
  tool: ['model', 'testing'],
};

/** What a test file of any project may import from other projects. Nobody imports an app or a tool. */
export const TEST_FILES_MAY_IMPORT: readonly TypeTag[] = ['model', 'util', 'core', 'adapter', 'testing'];

/** Every runtime tag. */
export const RUNTIME_TAGS: readonly RuntimeTag[] = ['any', 'fs'];

/**
 * Types that never leave the checkout: the root's development packages count as declared for them,
 * as they do for every test file.
 */
export const DEVELOPMENT_TYPES: readonly TypeTag[] = ['testing', 'tool'];

/** Packages that talk to a person at a terminal: for `type:app` alone. */
export const APP_ONLY_PACKAGES: readonly string[] = ['citty', 'consola'];

/** True for a file that only the test runner loads, such as `x.test.ts`, `x.http.test.ts` or `x.test-d.ts`. */
export function isTestFile(file: string): boolean {
  return /\.test(-d)?\.ts$/.test(file);
}

/** True for a word that stands in the table. */
export function isTypeTag(word: string): word is TypeTag {
  return Object.hasOwn(MAY_IMPORT, word);
}

/** True for a known runtime. */
export function isRuntimeTag(word: string): word is RuntimeTag {
  return (RUNTIME_TAGS as readonly string[]).includes(word);
}
