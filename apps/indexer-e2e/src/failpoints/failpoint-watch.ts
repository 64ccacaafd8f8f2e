import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** What of `node:fs` and `node:fs/promises` changes a disk; of each the callback form too. */
const CHANGES =
  /^(?:append|chmod|chown|copy|cp|createWrite|f(?:chmod|chown|datasync|sync|truncate|utimes)|l(?:chown|ink|utimes)|mk|open|rename|rm|symlink|truncate|unlink|utimes|write)/;

type Any = (...parameters: readonly unknown[]) => unknown;

/**
 * Tells of every call of Node that changes files and is not made while `isExpected` says so. Works on the whole process
 * and for all modules that import `node:fs`, for good. The lock files are left out: the operating system holds them, and
 * the note beside one is for messages alone. So is a folder that is there, and a file that is opened to be read.
 */
export function watchDisk(isExpected: () => boolean, tell: (call: string) => void): void {
  for (const module of [fs, fs.promises] as unknown as readonly Record<string, Any>[]) {
    for (const [name, call] of Object.entries(module)) {
      if (typeof call !== 'function' || !CHANGES.test(name)) continue;
      module[name] = (...parameters) => {
        if (!isExpected() && !isHarmless(name, parameters)) tell(name);
        return call(...parameters);
      };
    }
  }
  syncBuiltinESMExports();
}

function isHarmless(name: string, [path, flags = 'r']: readonly unknown[]): boolean {
  if (typeof path !== 'string') return false;
  if (path.endsWith('.lock') || path.endsWith('.lock.holder')) return true;
  return (name.startsWith('open') && flags === 'r') || (name.startsWith('mkdir') && fs.existsSync(path));
}
