import { DEFAULT_OPENAI_MODEL, OPENAI_MODELS } from '@lockstep/embed-openai/models';
import { EMBEDDED_DIMENSIONS, EMBEDDED_MODEL } from '@lockstep/embedded/model';

/** Texts in one request to the embedded model: one or two seconds of work, after which progress is shown and saved. */
export const EMBEDDED_ITEMS_MAX = 4;

/** Models that are known before a service is opened. */
export const KNOWN_MODELS = {
  embedded: { model: EMBEDDED_MODEL, dimensions: EMBEDDED_DIMENSIONS },
  cloudDefault: DEFAULT_OPENAI_MODEL,
  /** Default dimensions of the known cloud models. */
  cloudDimensions: Object.fromEntries(Object.entries(OPENAI_MODELS).map(([id, { dimensions }]) => [id, dimensions])),
};
