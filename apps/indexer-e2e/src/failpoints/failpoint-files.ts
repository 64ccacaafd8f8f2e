import { existsSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { FileSystem } from '@lockstep/embedding-cache';
import { currentStep } from './failpoint-corpus.ts';
import type { Steps } from './failpoint-steps.ts';

/** Share of a torn write that is written: with lines of equal length, the last one is always partial. */
const TORN = 0.7;

const TEMPORARY = 'temporary';

/**
 * The calls of `files` as steps of a stage, each named by its file: the cache, an artifact by its name, or a temporary
 * file, which is the same in all stages. A call that changes nothing is no step: closing a file, creating a folder that
 * exists, removing a file that does not.
 */
export function steppedFiles(
  files: FileSystem,
  { steps, stateDirectory }: { steps: Steps; stateDirectory: string },
): FileSystem {
  const opened = new Map<number, string>();

  function nameOf(path: string): string {
    const [folder, ...rest] = relative(stateDirectory, path).split(sep);
    if (folder === 'cache') return 'cache';
    return rest[0] === 'tmp' ? TEMPORARY : rest.join('/');
  }

  function take<Result>(verb: string, name: string, step: () => Result, part?: () => void): Result {
    return steps.take(name === TEMPORARY ? `${verb} ${name}` : `${currentStep()} ${verb} ${name}`, step, part);
  }

  const ofFile = (file: number): string => opened.get(file) ?? 'unknown';

  return {
    makeFolder(path) {
      if (!existsSync(path)) take('make', nameOf(path), () => files.makeFolder(path));
    },
    open(path, flags) {
      const file = take('open', nameOf(path), () => files.open(path, flags));
      opened.set(file, nameOf(path));
      return file;
    },
    write: (file, bytes) =>
      take(
        'write',
        ofFile(file),
        () => files.write(file, bytes),
        () => files.write(file, bytes.subarray(0, Math.floor(bytes.length * TORN))),
      ),
    sync: (file) => take('sync', ofFile(file), () => files.sync(file)),
    syncFolder: (path) => take('sync folder', nameOf(path), () => files.syncFolder(path)),
    truncate: (file, bytes) => take('truncate', ofFile(file), () => files.truncate(file, bytes)),
    close: (file) => files.close(file),
    rename: (from, to) => take('rename', nameOf(to), () => files.rename(from, to)),
    remove(path) {
      if (existsSync(path)) take('remove', nameOf(path), () => files.remove(path));
    },
  };
}
