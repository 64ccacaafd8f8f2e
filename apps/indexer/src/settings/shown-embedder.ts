import { thirdPartyHost } from '@lockstep/embed-openai/models';
import type { Environment } from './environment.ts';
import { KNOWN_MODELS } from './known-models.ts';
import type { Profile } from './profile.ts';

/**
 * Who embeds where corpus.json names no model. It is all of the environment that validate and embed depend on; which
 * stores are in use is known from the nonces that provision gets from them. No secret is in it.
 */
export function shownEmbedder(environment: Environment, { embedder }: Profile): object {
  if (embedder === 'embedded') return KNOWN_MODELS.embedded;
  return { model: KNOWN_MODELS.cloudDefault, host: thirdPartyHost(environment.OPENAI_BASE_URL) };
}
