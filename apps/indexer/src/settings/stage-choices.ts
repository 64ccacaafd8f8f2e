import { IndexingError } from '@lockstep/model';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';

/** The one store that a command is to look at. */
export function onlyStore({ only }: Flags): 'qdrant' | 'neon' | undefined {
  if (only !== 'embed') return only;
  throw new IndexingError({ code: 'usage', message: '--only: expected qdrant or neon, found "embed".' });
}

/** Whether this load may delete more than the guard lets pass; through Nx a variable says so. */
export function allowsDeletes(flags: Flags, environment: Environment): boolean {
  return flags['allow-deletes'] || environment.LOCKSTEP_ALLOW_DELETES === '1';
}
