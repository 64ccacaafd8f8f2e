import { isAddress } from '@lockstep/model';
import { shownAddress } from '../../input/shown-address.ts';
import { printable } from '../../terminal/printable.ts';

/** The arguments that name a corpus or its input, as they are typed in a shell. An address is without its query, which may be a secret. */
export function typedSource(given: readonly string[], corpusFlag: string | undefined): string {
  const words = given.map((word) => (isAddress(word) && URL.canParse(word) ? shownAddress(new URL(word)) : word));
  return [...words, ...(corpusFlag === undefined ? [] : ['--corpus', corpusFlag])].map(quoted).join(' ');
}

function quoted(word: string): string {
  const shown = printable(word);
  return /^[\w./@:+,=-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}
