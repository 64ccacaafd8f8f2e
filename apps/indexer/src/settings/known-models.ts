import { DEFAULT_OPENAI_MODEL, OPENAI_MODELS } from '@lockstep/embed-openai/models';
import { EMBEDDED_DIMENSIONS, EMBEDDED_MODEL } from '@lockstep/embedded/model';
import type { KnownModels } from './corpus-settings.ts';

/** What is known of models before any service is opened. */
export const KNOWN_MODELS: KnownModels = {
  embedded: { model: EMBEDDED_MODEL, dimensions: EMBEDDED_DIMENSIONS },
  cloudDefault: DEFAULT_OPENAI_MODEL,
  cloudDimensions: Object.fromEntries(Object.entries(OPENAI_MODELS).map(([id, { dimensions }]) => [id, dimensions])),
};
