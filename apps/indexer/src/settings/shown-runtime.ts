import { foreignHost } from '@lockstep/embed-openai/models';
import type { Environment } from './environment.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { Profile } from './profile.ts';
import { postgresAddress, qdrantAddress } from './service-address.ts';

/**
 * What the results of the stages depend on besides files: the embedder where corpus.json names none, and which stores
 * are meant. No secret is in it. A setting that is missing shows as null; the stage that needs it says so.
 */
export function shownRuntime(environment: Environment, profile: Profile): object {
  const embedder =
    profile.embedder === 'embedded'
      ? KNOWN_MODELS.embedded
      : { model: KNOWN_MODELS.cloudDefault, host: foreignHost(environment.OPENAI_BASE_URL) };
  const vectors = profile.vectors === 'embedded' ? 'embedded' : orNull(() => qdrantAddress(environment).url.href);
  const rows = profile.rows === 'embedded' ? 'embedded' : orNull(() => postgresAddress(environment).shown);
  return { embedder, vectors, rows };
}

function orNull(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
