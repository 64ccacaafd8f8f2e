import type { Tree } from '@nx/devkit';

/** The state of the corpora, and the secrets that .env.example asks for. */
const PATHS = ['.lockstep', '.env'];

/** Adds what git must not have to .gitignore, and says what was done. */
export function addIgnoredPaths(tree: Tree): string {
  const text = tree.read('.gitignore', 'utf8') ?? '';
  const present = new Set(text.split(/\r?\n/).map((line) => line.trim().replace(/^\//, '').replace(/\/$/, '')));
  const missing = PATHS.filter((path) => !present.has(path));
  if (missing.length === 0) return '.gitignore has the paths';
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  tree.write('.gitignore', `${start}${missing.join('\n')}\n`);
  return `.gitignore: added ${missing.join(' and ')}`;
}
