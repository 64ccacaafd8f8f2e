import { join } from 'node:path';
import { sha256Hex, type EmbedderIdentity } from '@lockstep/model';

/** The file with all vectors of one embedder, which all corpora share. */
export function cachePath(stateDirectory: string, identity: EmbedderIdentity): string {
  return join(stateDirectory, 'cache', cacheName(identity));
}

/** Name of the cache file of one embedder: readable, and unique for its model, host and dimensions. */
export function cacheName({ model, host, dimensions }: EmbedderIdentity): string {
  const readable = model.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return `${readable}-${dimensions}-${sha256Hex(JSON.stringify([model, host, dimensions])).slice(0, 8)}.jsonl`;
}
