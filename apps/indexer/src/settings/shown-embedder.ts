import { thirdPartyHost } from '@lockstep/embed-openai/models';
import type { Environment } from './environment.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { Profile } from './profile.ts';

/**
 * The embedder of corpora whose corpus.json names no model: all of the environment that `validate` and `embed` depend
 * on. Loads depend on the stores too, and know them by the nonces of `provision`. Holds no secret.
 */
export function shownEmbedder(environment: Environment, { embedder }: Profile): object {
  if (embedder === 'embedded') return KNOWN_MODELS.embedded;
  return { model: KNOWN_MODELS.cloudDefault, host: thirdPartyHost(environment.OPENAI_BASE_URL) };
}
