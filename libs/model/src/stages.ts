/**
 * What each stage needs to have ended well before it starts. Stages that do not need each other may run at the same
 * time. The order of a run (`runCorpus`) and the targets of the Nx plugin follow from this table.
 *
 * The same words are used in folders, commands, targets, logs and errors.
 */
export const STAGE_DEPENDENCIES = {
  validate: [],
  embed: ['validate'],
  provision: ['validate'],
  'load-qdrant': ['embed', 'provision'],
  'load-neon': ['embed', 'provision'],
  verify: ['load-qdrant', 'load-neon'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Stage = keyof typeof STAGE_DEPENDENCIES;

/** The stages, each after those that it needs. */
export const STAGES = Object.keys(STAGE_DEPENDENCIES) as readonly Stage[];
