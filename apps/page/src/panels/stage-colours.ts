/** The stages in the order of a run, each with the number of its colour. */
export const STAGE_COLOURS = {
  validate: 1,
  embed: 2,
  provision: 3,
  'load-qdrant': 4,
  'load-neon': 5,
  verify: 6,
} as const;
