import { IndexingError, type StoreName } from '@lockstep/model';
import type { Flags } from './flags.ts';

/** The one store that a command is to look at. */
export function onlyStore({ only }: Flags): StoreName | undefined {
  if (only !== 'embed') return only;
  throw new IndexingError({ code: 'usage', message: '--only: expected qdrant or neon, found "embed".' });
}
