import { realpathSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { relative } from 'node:path';
import { IndexingError } from '@lockstep/model';

export interface KnownPaths {
  readonly root: string;
  readonly stateDirectory: string;
}

/** What stands in a text that leaves the machine in the place of its paths. */
export function createPathHider({ root, stateDirectory }: KnownPaths): (text: string) => string {
  const below = relative(root, stateDirectory);
  const shown: readonly (readonly [path: string, name: string])[] = [
    [stateDirectory, below === '' || below.startsWith('..') ? '.lockstep' : below],
    [root, '.'],
    [homedir(), '~'],
    [tmpdir(), 'TMP'],
  ];
  const paths = shown
    .flatMap(([path, name]) => [...new Set([path, realPath(path)])].map((each) => [each, name] as const))
    .filter(([path]) => path.length > 1)
    .toSorted(([one], [other]) => other.length - one.length);
  return (text) => paths.reduce((hidden, [path, name]) => hidden.replaceAll(path, name), text);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** An error without paths of the machine. */
export function withoutPaths(error: IndexingError, hide: (text: string) => string): IndexingError {
  const { code, stage, disposition, retryAfterMs, message, details } = error;
  const hidden = new IndexingError({
    code,
    disposition,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    message: hide(message),
    details: Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, typeof value === 'string' ? hide(value) : value]),
    ),
  });
  if (stage !== undefined) hidden.endStage(stage);
  return hidden;
}

/** A value with another text in the place of each of its texts. */
export function textsWith<Value>(value: Value, change: (text: string) => string): Value {
  if (typeof value === 'string') return change(value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => textsWith(each, change)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, textsWith<unknown>(each, change)]),
  ) as Value;
}
