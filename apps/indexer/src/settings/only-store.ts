import { IndexingError, type StoreName } from '@lockstep/model';
import type { Flags } from './flags.ts';

/** The store of `--only`, undefined for both. Fails with `usage` for `--only embed`, which only `run` takes. */
export function onlyStore({ only }: Flags): StoreName | undefined {
  if (only !== 'embed') return only;
  throw new IndexingError({ code: 'usage', message: '--only: expected qdrant or neon, found "embed".' });
}
