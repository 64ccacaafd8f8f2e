import type { Live } from './live.ts';

/**
 * What the page can do besides showing data, from what its server wrote into it (`PageOptions.live`). No command serves the page
 * yet: a server adds its panels and its way to fetch the data here.
 */
export function startLive(_config: unknown): Live | undefined {
  return undefined;
}
