import { createTextMeasure, utf8Bytes, type Embedder, type EmbedderIdentity } from '@lockstep/model';
import { shownServer, type Call, type Guard, type RateLimiter } from '@lockstep/resilience';
import { OPENAI_HOST, OPENAI_LIMITS, OPENAI_MODELS, thirdPartyHost } from './models.ts';
import { readVectors } from './read-vectors.ts';
import { packRequests, type CountTokens, type RequestLimits } from './request-limits.ts';
import { runRateLimited } from './run-rate-limited.ts';

export interface ProtocolEmbedderOptions {
  /** Visible ASCII only; the client would quote any other key in its error message. */
  readonly apiKey: string;
  /** Any server that speaks OpenAI's protocol. @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string;
  readonly model: string;
  /**
   * Numbers in a vector; checked in every reply. The request names them only for OpenAI itself, and only where they are
   * not the model's usual ones: many other servers do not know the parameter.
   */
  readonly dimensions: number;
  readonly guard: Guard;
  /** Holds embedding requests back to the limits of the service. @default undefined */
  readonly rateLimiter?: RateLimiter;
  /** How long the client itself waits for a reply, in milliseconds; the guard's timeout should be no longer. */
  readonly timeoutMs: number;
  /** @default globalThis.fetch */
  readonly fetch?: typeof fetch;
  /**
   * Replaces the base URL's host in the identity; null for a model that is the same wherever it runs. @default the host
   * of the base URL, null for OpenAI
   */
  readonly hostIdentity?: string | null;
  /** Provider of the model in spans; by convention that of the protocol. @default 'openai' */
  readonly provider?: string;
  /** The name that `describe` returns. @default 'OpenAI', or 'OpenAI-compatible at <host>' */
  readonly serviceName?: string;
  /** Limits of one request. @default OPENAI_LIMITS */
  readonly limits?: Partial<RequestLimits>;
  /** Counts tokens as the model does. */
  readonly countTokens: CountTokens;
  /** US dollars for a million tokens, to tell what was paid. @default it is not known */
  readonly price?: number | undefined;
}

/**
 * Embeds through OpenAI's official client, with any model that is served over its protocol. One call of `embed` is one
 * request, which only the guard tries again (the client's own retries are off); replies are checked before they are
 * returned.
 */
export function createProtocolEmbedder(options: ProtocolEmbedderOptions): Embedder {
  const { guard, rateLimiter, model, dimensions, countTokens } = options;
  const limits = { ...OPENAI_LIMITS, ...options.limits };
  const thirdParty = thirdPartyHost(options.baseUrl);
  const host = options.hostIdentity === undefined ? thirdParty : options.hostIdentity;
  const identity: EmbedderIdentity = { model, host, dimensions };
  const asksDimensions = thirdParty === null && OPENAI_MODELS[model]?.dimensions !== dimensions;
  const open = async () => {
    const { createOpenAiClient, ...rest } = await import('./openai-client.ts');
    return { client: createOpenAiClient(options), ...rest };
  };
  let opened: ReturnType<typeof open> | undefined;

  const server = shownServer(options.baseUrl ?? `https://${OPENAI_HOST}`);
  const possiblyPaid = { requests: 0, inputs: 0 };

  const dollarsOf = (tokens: number): number | undefined =>
    options.price === undefined ? undefined : (tokens / 1_000_000) * options.price;

  const embed: Embedder['embed'] = async (texts, given) => {
    const { client, APIError, toIndexingError } = await (opened ??= open());
    const tokens = () => countAll(texts, rateLimiter?.countsTokens() === true ? countTokens : estimateTokens);
    const call: Call<{ readonly tokens: number }> = {
      kind: 'embeddings',
      facts: { provider: options.provider ?? 'openai', model, dimensions, texts: texts.length },
      told: (reply) => ({ tokens: reply.tokens, dollars: dollarsOf(reply.tokens) }),
    };
    return runRateLimited({ guard, rateLimiter, tokens, call }, given, async (signal, keepHeaders) => {
      try {
        const body = {
          model,
          input: [...texts],
          // Named in the request so that the client leaves it undecoded; its own decoding is slower.
          encoding_format: 'base64' as const,
          ...(asksDimensions ? { dimensions } : {}),
        };
        const { data, response } = await client.embeddings.create(body, { signal }).withResponse();
        keepHeaders(response.headers);
        return readVectors(data, { count: texts.length, dimensions });
      } catch (error) {
        if (error instanceof APIError) keepHeaders(error.headers);
        const failure = toIndexingError(error, server, Date.now());
        // A request that was given up on, at the timeout or by the caller, may have been answered too.
        if (signal.aborted || failure.details['possiblyPaid'] === true) {
          possiblyPaid.requests += 1;
          possiblyPaid.inputs += texts.length;
        }
        throw failure;
      }
    });
  };

  return {
    ...createTextMeasure({ identity, inputTokensMax: limits.inputTokensMax, countTokens }),
    pack: (texts) => packRequests(texts, limits, countTokens),
    embed,
    possiblyPaid: () => ({ ...possiblyPaid }),
    async describe(call) {
      // The request that is made for every text: a list of models says nothing of the key's rights, and not all servers have one.
      await embed(['ok'], call);
      return {
        name: options.serviceName ?? (thirdParty === null ? 'OpenAI' : `OpenAI-compatible at ${thirdParty}`),
        version: model,
      };
    },
  };
}

/** Roughly the tokens of a text: the estimate that OpenAI itself uses before it counts. */
function estimateTokens(text: string): number {
  return Math.ceil(utf8Bytes(text) / 4);
}

function countAll(texts: readonly string[], count: CountTokens): number {
  return texts.reduce((sum, text) => sum + count(text), 0);
}
