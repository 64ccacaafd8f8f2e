import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A change of one place of the code. */
export interface Replacement {
  /** From the root of the workspace. */
  readonly file: string;
  /** Text that the file has exactly once, and the text in its place. */
  readonly find: string;
  readonly replace: string;
}

const ROOT = resolve(import.meta.dirname, '../../../../..');
const MARK = '?copy=';

/** What is loaded again for each copy: the code that may be changed, and all that imports it. */
const COPIED = ['libs/pipeline/src/', 'tools/testing/runs/src/reconcile/', 'libs/embedded/src/ledger/'].map(
  (folder) => pathToFileURL(join(ROOT, folder)).href,
);

const replacements = new Map<string, Replacement>();

/**
 * Loads modules and all that they import again, with one replacement made. Works only in a Node process of its own, in
 * which nothing else loads these modules.
 *
 * Throws when its file does not have the text to replace exactly once.
 *
 * @param paths from the root of the workspace
 */
export async function loadMutated(paths: readonly string[], replacement: Replacement | undefined): Promise<unknown[]> {
  if (replacement !== undefined) checkOnce(replacement);
  if (replacements.size === 0) registerHooks({ resolve: resolveCopy, load: loadCopy });
  const mark = `${MARK}${replacements.size + 1}`;
  replacements.set(mark, replacement ?? { file: '', find: '', replace: '' });
  return Promise.all(paths.map((path) => import(`${pathToFileURL(join(ROOT, path)).href}${mark}`)));
}

function checkOnce({ file, find }: Replacement): void {
  const times = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1;
  if (times !== 1) throw new Error(`expected this text once in ${file}, found it ${times} times: ${find}`);
}

const resolveCopy: Parameters<typeof registerHooks>[0]['resolve'] = (specifier, context, next) => {
  const resolved = next(specifier, context);
  const mark = markOf(context.parentURL ?? '');
  if (mark === '' || !COPIED.some((folder) => resolved.url.startsWith(folder))) return resolved;
  return { ...resolved, url: resolved.url + mark };
};

const loadCopy: Parameters<typeof registerHooks>[0]['load'] = (url, context, next) => {
  const loaded = next(url, context);
  const replacement = replacements.get(markOf(url));
  if (replacement === undefined || !url.startsWith(pathToFileURL(join(ROOT, replacement.file)).href + MARK))
    return loaded;
  const source = Buffer.from(loaded.source as Uint8Array).toString();
  return { ...loaded, source: source.replace(replacement.find, () => replacement.replace) };
};

function markOf(url: string): string {
  const at = url.indexOf(MARK);
  return at < 0 ? '' : url.slice(at);
}
