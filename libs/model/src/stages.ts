/**
 * For each stage, the stages that must have succeeded before it starts. Stages that do not depend on each other may run
 * at the same time. The order of a run (`runCorpus`) and the targets of the Nx plugin are derived from this table.
 *
 * Folders, commands, targets, logs and errors use the same names.
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

/** The stages, each after those that it depends on. */
export const STAGES = Object.keys(STAGE_DEPENDENCIES) as readonly Stage[];
