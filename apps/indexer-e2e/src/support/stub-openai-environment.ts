/** Variables with which `indexer` embeds at a stub of OpenAI and keeps both stores in the process. */
export const stubOpenAiEnvironment = (baseUrl: string) =>
  ({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: baseUrl,
    LOCKSTEP_EMBEDDER: 'cloud',
    LOCKSTEP_VECTORS: 'embedded',
    LOCKSTEP_ROWS: 'embedded',
  }) as const;
