import { didYouMean } from '@lockstep/model';
import { withoutControls } from '../../terminal/printable.ts';

/** Corpora that a message names. */
const NAMED_MAX = 10;

/** What a message about a corpus that does not exist ends with: near names, and those that there are. Empty without any. */
export function knownCorpora(name: string, known: readonly string[], besides: readonly string[] = []): string {
  const names = [...new Set(known)].toSorted();
  const meant = didYouMean(name, [...new Set([...names, ...besides])]);
  if (names.length === 0) return withoutControls(meant);
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return withoutControls(`${meant} The corpora are ${names.slice(0, NAMED_MAX).join(', ')}${more}.`);
}
