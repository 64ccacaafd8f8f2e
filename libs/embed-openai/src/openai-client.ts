import { isPage, pageInsteadOfJson, shownServer } from '@lockstep/resilience';
import OpenAI from 'openai';
import { OPENAI_HOST } from './models.ts';

export { APIError } from 'openai';
export { toIndexingError } from './to-indexing-error.ts';

export interface OpenAiClientOptions {
  readonly apiKey: string;
  /** @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string;
  /** How long to wait for a reply, in milliseconds. */
  readonly timeoutMs: number;
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch;
}

/**
 * The official client with its own retries, environment variables and logs switched off. Import this module only when
 * there is something to send: loading it takes a fifth of a second of CPU time, and most runs send nothing.
 */
export function createOpenAiClient(options: OpenAiClientOptions): OpenAI {
  const baseURL = options.baseUrl ?? `https://${OPENAI_HOST}/v1`;
  const client = new OpenAI({
    apiKey: options.apiKey,
    baseURL,
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    logLevel: 'off',
    // Texts and key go to this address and nowhere else.
    fetchOptions: { redirect: 'manual' },
    async fetch(input, init) {
      const response = await (options.fetch ?? fetch)(input, init);
      if (!response.ok || !isPage(response.headers)) return response;
      await response.body?.cancel();
      throw pageInsteadOfJson('The embedding service', shownServer(baseURL), { possiblyPaid: true });
    },
  });
  // Of OPENAI_CUSTOM_HEADERS, which no option switches off: they may hold keys of another service.
  client['_options'].defaultHeaders = undefined;
  return client;
}
