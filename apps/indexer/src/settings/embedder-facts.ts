import { OPENAI_LIMITS, thirdPartyHost } from '@lockstep/embed-openai/models';
import { EMBEDDED_INPUT_TOKENS_MAX } from '@lockstep/embedded/model';
import type { EmbedderIdentity } from '@lockstep/model';
import type { ModelSettings } from './corpus-settings.ts';
import type { Environment } from './environment.ts';
import type { Profile } from './profile.ts';

/** What is known of an embedder without opening it, since its client and tokenizer are slow to load. */
export interface EmbedderFacts {
  readonly identity: EmbedderIdentity;
  /** Most tokens in one text. */
  readonly inputTokensMax: number;
}

export function embedderFacts(
  { model, dimensions }: ModelSettings,
  profile: Profile,
  environment: Environment,
): EmbedderFacts {
  return profile.embedder === 'embedded'
    ? { identity: { model, host: null, dimensions }, inputTokensMax: EMBEDDED_INPUT_TOKENS_MAX }
    : {
        identity: { model, host: thirdPartyHost(environment.OPENAI_BASE_URL), dimensions },
        inputTokensMax: OPENAI_LIMITS.inputTokensMax,
      };
}
