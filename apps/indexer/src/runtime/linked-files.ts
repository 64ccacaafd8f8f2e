import { copyFileSync, existsSync, linkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Gives files of one folder the same names in another, where they stay what they are when the first folder's are
 * replaced. Copies them where a disk has no links. Gives false, maybe half-way, where one is missing.
 */
export function linkFiles(names: readonly string[], from: string, into: string): boolean {
  for (const name of names) {
    const [source, target] = [join(from, name), join(into, name)];
    if (!existsSync(source)) return false;
    mkdirSync(dirname(target), { recursive: true });
    try {
      linkSync(source, target);
    } catch {
      copyFileSync(source, target);
    }
  }
  return true;
}
