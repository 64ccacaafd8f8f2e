import { fitTokens, utf8Bytes, type Embedder, type EmbedderIdentity } from '@lockstep/model';
import type { Guard, Pacer } from '@lockstep/resilience';
import { foreignHost, OPENAI_LIMITS, OPENAI_MODELS } from './models.ts';
import { readVectors } from './read-vectors.ts';
import { packRequests, type CountTokens, type RequestLimits } from './request-limits.ts';
import { paced } from './paced.ts';

export interface ProtocolEmbedderOptions {
  /** Visible ASCII only; the client would quote any other key in its error. */
  readonly apiKey: string;
  /** OpenAI's own where it is left out. Any server that speaks its protocol will do. */
  readonly baseUrl?: string;
  readonly model: string;
  /**
   * Numbers in a vector; checked in every reply. OpenAI itself is asked for them where they are not the model's usual
   * ones; another server is not, since many know no such parameter.
   */
  readonly dimensions: number;
  readonly guard: Guard;
  /** Holds embedding requests back to the limits of the service; none where it is left out. */
  readonly pacer?: Pacer;
  /** How long the client itself waits for a reply, in milliseconds; the guard's timeout is meant to come first. */
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
  /** Takes the place of the base URL's host in the identity; null for a model that is the same wherever it runs. */
  readonly hostIdentity?: string | null;
  /** Name and version that `describe` gives. */
  readonly serviceName?: string;
  readonly limits?: Partial<RequestLimits>;
  /** How the model counts. */
  readonly countTokens: CountTokens;
}

/**
 * Embeds through OpenAI's official client, with any model that is served by its protocol. One call of `embed` is one
 * request, tried again by the guard alone (the client's own retries are off); what comes back is checked before it is
 * given out.
 */
export function createProtocolEmbedder(options: ProtocolEmbedderOptions): Embedder {
  const { guard, pacer, model, dimensions, countTokens } = options;
  const limits = { ...OPENAI_LIMITS, ...options.limits };
  const foreign = foreignHost(options.baseUrl);
  const host = options.hostIdentity === undefined ? foreign : options.hostIdentity;
  const identity: EmbedderIdentity = { model, host, dimensions };
  const asksDimensions = foreign === null && OPENAI_MODELS[model]?.dimensions !== dimensions;
  const open = async () => {
    const { createOpenAiClient, ...rest } = await import('./openai-client.ts');
    return { client: createOpenAiClient(options), ...rest };
  };
  let opened: ReturnType<typeof open> | undefined;

  function tokensOver(text: string): number | undefined {
    // No token has less than a byte, and no UTF-16 unit gives more than three bytes.
    if (text.length * 3 <= limits.inputTokensMax || utf8Bytes(text) <= limits.inputTokensMax) return undefined;
    const tokens = countTokens(text);
    return tokens > limits.inputTokensMax ? tokens : undefined;
  }

  const lost = { requests: 0, inputs: 0 };

  return {
    identity,
    inputTokensMax: limits.inputTokensMax,
    countTokens,
    tokensOver,
    fit: (text) => (tokensOver(text) === undefined ? text : fitTokens(text, limits.inputTokensMax, countTokens)),
    pack: (texts) => packRequests(texts, limits, countTokens),
    async embed(texts, call) {
      const { client, APIError, toIndexingError } = await (opened ??= open());
      const tokens = () => countAll(texts, pacer?.countsTokens() === true ? countTokens : estimateTokens);
      return paced({ guard, pacer, tokens }, call, async (signal, keepHeaders) => {
        try {
          const body = {
            model,
            input: [...texts],
            // Asked for by name so that the client hands it over undecoded; its own decoding costs more.
            encoding_format: 'base64' as const,
            ...(asksDimensions ? { dimensions } : {}),
          };
          const { data, response } = await client.embeddings.create(body, { signal }).withResponse();
          keepHeaders(response.headers);
          return readVectors(data, { count: texts.length, dimensions });
        } catch (error) {
          if (error instanceof APIError) keepHeaders(error.headers);
          const failure = toIndexingError(error, Date.now());
          // A request that was given up on, at the timeout or by the caller, may have been answered too.
          if (signal.aborted || failure.details['possiblyPaid'] === true) {
            lost.requests += 1;
            lost.inputs += texts.length;
          }
          throw failure;
        }
      });
    },
    possiblyPaid: () => ({ ...lost }),
    async describe(call) {
      const { client, toIndexingError } = await (opened ??= open());
      await guard.run(async (signal) => {
        try {
          await client.models.retrieve(model, { signal });
        } catch (error) {
          throw toIndexingError(error, Date.now());
        }
      }, call);
      return {
        name: options.serviceName ?? (foreign === null ? 'OpenAI' : `OpenAI-compatible at ${foreign}`),
        version: model,
      };
    },
  };
}

/** Tokens of a text, about: what OpenAI itself takes for an estimate before it counts. */
function estimateTokens(text: string): number {
  return Math.ceil(utf8Bytes(text) / 4);
}

function countAll(texts: readonly string[], count: CountTokens): number {
  return texts.reduce((sum, text) => sum + count(text), 0);
}
