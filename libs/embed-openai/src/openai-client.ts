import OpenAI from 'openai';
import { OPENAI_HOST } from './models.ts';

export { APIError } from 'openai';
export { toIndexingError } from './to-indexing-error.ts';

export interface OpenAiClientOptions {
  readonly apiKey: string;
  readonly baseUrl?: string;
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
}

/**
 * The official client, with everything off that it would do by itself. It is imported when there is something to ask for
 * (a fifth of a second of CPU time), which most runs have not.
 */
export function createOpenAiClient(options: OpenAiClientOptions): OpenAI {
  return new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl ?? `https://${OPENAI_HOST}/v1`,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    logLevel: 'off',
    // Texts go where the address says, and nowhere else.
    fetchOptions: { redirect: 'manual' },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
}
