import { IndexingError } from '@lockstep/model';
import type { Environment } from './environment.ts';
import type { Flags } from './flags.ts';
import { qdrantVariable } from './service-address.ts';

export type Choice = 'embedded' | 'cloud';

/** For each service, whether the embedded one or the user's is in use. */
export interface Profile {
  readonly embedder: Choice;
  readonly vectors: Choice;
  readonly rows: Choice;
}

/**
 * Decides which services are used: the flag or variable of a service, else `LOCKSTEP_PROFILE`, else `cloud` if the
 * variables of both stores are set. An OpenAI key alone changes nothing, so that nobody pays by accident.
 */
export function resolveProfile(
  environment: Environment,
  flags: Pick<Flags, keyof Profile>,
  only: Flags['only'],
): Profile {
  const embedder = flags.embedder ?? environment.LOCKSTEP_PROFILE;
  const vectors = flags.vectors ?? environment.LOCKSTEP_PROFILE;
  const rows = flags.rows ?? environment.LOCKSTEP_PROFILE;
  if (embedder !== undefined && vectors !== undefined && rows !== undefined) return { embedder, vectors, rows };
  const implied = impliedChoice(environment, only, { vectors, rows });
  return { embedder: embedder ?? implied, vectors: vectors ?? implied, rows: rows ?? implied };
}

function impliedChoice(
  environment: Environment,
  only: Flags['only'],
  chosen: { readonly vectors: Choice | undefined; readonly rows: Choice | undefined },
): Choice {
  const qdrant = environment.QDRANT_HOST !== undefined || environment.QDRANT_URL !== undefined;
  const neon = environment.NEON_POSTGRES_CONNECTION_STRING !== undefined;
  if (only === 'qdrant') return qdrant ? 'cloud' : 'embedded';
  if (only === 'neon') return neon ? 'cloud' : 'embedded';
  // No store is needed; `embedded`, so that nobody pays by accident.
  if (only === 'embed' && qdrant !== neon) return 'embedded';
  if (qdrant === neon) return qdrant ? 'cloud' : 'embedded';
  // If one store was chosen explicitly, the variable of the other is enough.
  if (qdrant && chosen.rows !== undefined) return 'cloud';
  if (neon && chosen.vectors !== undefined) return 'cloud';
  const [set, other] = qdrant
    ? [qdrantVariable(environment), 'NEON_POSTGRES_CONNECTION_STRING']
    : ['NEON_POSTGRES_CONNECTION_STRING', 'QDRANT_HOST'];
  throw new IndexingError({
    code: 'environment-invalid',
    message:
      `${set} is set and ${other} is not. Set both to use your own stores, or neither to use the embedded ones; or ` +
      'choose with LOCKSTEP_PROFILE, or with --vectors and --rows.',
  });
}
