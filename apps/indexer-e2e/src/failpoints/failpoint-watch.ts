import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Functions of `node:fs` and `node:fs/promises` that change files, in all forms. */
const CHANGES =
  /^(?:append|chmod|chown|copy|cp|createWrite|f(?:chmod|chown|datasync|sync|truncate|utimes)|l(?:chown|ink|utimes)|mk|open|rename|rm|symlink|truncate|unlink|utimes|write)/;

type Any = (...parameters: readonly unknown[]) => unknown;

/**
 * Reports every call of `node:fs` that changes files while `isExpected` is false. Works permanently for the whole
 * process. Ignores lock files, which the operating system holds, and the notes beside them, which are only for
 * messages; also folders that exist, and files that are opened for reading.
 */
export function watchDisk(isExpected: () => boolean, report: (call: string) => void): void {
  for (const module of [fs, fs.promises] as unknown as readonly Record<string, Any>[]) {
    for (const [name, call] of Object.entries(module)) {
      if (typeof call !== 'function' || !CHANGES.test(name)) continue;
      module[name] = (...parameters) => {
        if (!isExpected() && !isHarmless(name, parameters)) report(name);
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
