import type { CacheRepair } from '@lockstep/embedding-cache';

/** What `cache repair` found and set aside, in one line. */
export function cacheRepairText(repaired: CacheRepair & { readonly cache: string }): string {
  const { cache, sound, damaged, setAside } = repaired;
  const aside = setAside === null ? 'nothing is damaged' : `${damaged} damaged lines set aside in ${setAside}`;
  return `${cache}: ${sound} sound lines, ${aside}`;
}
