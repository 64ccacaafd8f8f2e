import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The folder of `.env` and of the state directory: the nearest one upwards with an `nx.json`, or else `start`. */
export function workspaceRoot(start: string): string {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'nx.json'))) return folder;
    if (dirname(folder) === folder) return resolve(start);
  }
}
