import { copyFileSync, existsSync, linkSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Links files of one folder into another, where they stay the same when those of the first folder are replaced. Copies
 * them on a disk without links. Returns false if one is missing; those before it are then linked.
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
