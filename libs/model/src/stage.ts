/** The stages, in the order of the pipeline. The same word is used in folders, commands, targets, logs and errors. */
export const STAGES = ['validate', 'embed', 'provision', 'load-qdrant', 'load-neon', 'verify'] as const;
export type Stage = (typeof STAGES)[number];

/** The two stores that are kept in step. */
export const STORES = ['qdrant', 'neon'] as const;
export type StoreName = (typeof STORES)[number];

/** A service that calls go out to. */
export type Dependency = 'openai' | StoreName;
