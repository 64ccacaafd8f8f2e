import type { CacheRepair } from '@lockstep/embedding-cache';
import { counted } from '@lockstep/model';

/** What `cache repair` found and moved, in one line. */
export function cacheRepairText(repaired: CacheRepair & { readonly cache: string }): string {
  const { cache, sound, damaged, setAside } = repaired;
  const moved = setAside === null ? 'none damaged' : `${counted(damaged, 'damaged line')} moved to ${setAside}`;
  return `${cache}: ${counted(sound, 'intact line')}, ${moved}`;
}
