import { IndexingError } from '@lockstep/model';
import { DEFAULT_DELETE_LIMIT, type DeleteLimit } from '@lockstep/pipeline';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';

/** The one store that a command is to look at. */
export function onlyStore({ only }: Flags): 'qdrant' | 'neon' | undefined {
  if (only !== 'embed') return only;
  throw new IndexingError({ code: 'usage', message: '--only: expected qdrant or neon, found "embed".' });
}

const NO_LIMIT: DeleteLimit = { percent: 100, count: 0 };

/** How much a load may delete: a flag, else a variable (which Nx passes on), else the default. */
export function deleteLimit(flags: Flags, environment: Environment): DeleteLimit {
  const percent = flags['max-delete-percent'];
  if (percent !== undefined && flags['allow-deletes']) {
    throw new IndexingError({
      code: 'usage',
      message: '--allow-deletes and --max-delete-percent contradict each other; expected one of them.',
    });
  }
  if (flags['allow-deletes']) return NO_LIMIT;
  const asked = percent ?? environment.LOCKSTEP_MAX_DELETE_PERCENT;
  if (asked !== undefined) return { percent: asked, count: 0 };
  return environment.LOCKSTEP_ALLOW_DELETES === '1' ? NO_LIMIT : DEFAULT_DELETE_LIMIT;
}
