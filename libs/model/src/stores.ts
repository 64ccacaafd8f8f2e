/** The two stores that are kept in step. */
export const STORES = ['qdrant', 'neon'] as const;

export type StoreName = (typeof STORES)[number];

/** A service that the program calls. */
export type Dependency = 'openai' | StoreName;
