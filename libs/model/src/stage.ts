/** The stages, in the order of the pipeline. The same word is used in folders, commands, targets, logs and errors. */
export type Stage = 'validate' | 'embed' | 'provision' | 'load-qdrant' | 'load-neon' | 'verify';

/** The two stores that are kept in step. */
export type StoreName = 'qdrant' | 'neon';

/** A service that calls go out to. */
export type Dependency = 'openai' | StoreName;
