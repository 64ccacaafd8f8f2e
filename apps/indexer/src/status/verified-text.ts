import type { Verified } from '@lockstep/pipeline';
import { shownTime } from '../terminal/shown-time.ts';
import { COMPARED } from '../text/verify-text.ts';

/** When a verify last read both stores, and how much it compared, if that is known here. */
export function verifiedText({ at, level }: Verified): string {
  return `  verified ${shownTime(at)}${level === null ? '' : `, ${COMPARED[level]}`}`;
}
