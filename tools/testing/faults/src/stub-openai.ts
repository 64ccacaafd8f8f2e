import { startFaultServer } from './fault-server.ts';
import { countInputs, createStubOpenAiHandler } from './stub-openai-handler.ts';

/** The answer to one request by its number, from 1; undefined for the usual answer. */
export type Script = (
  request: number,
) => { readonly status: number; readonly headers?: Record<string, string> } | undefined;

export interface StubOpenAi {
  /** Value for `OPENAI_BASE_URL`. */
  readonly baseUrl: string;
  /** All requests, the refused ones, and the embedded texts, which would be paid for. */
  readonly seen: { requests: number; refused: number; inputs: number };
  close(): Promise<void>;
}

/** Serves the stub of OpenAI on a free port. For other faults use `startFaultServer`. */
export async function startStubOpenAi(options: {
  readonly dimensions: number;
  readonly script?: Script;
}): Promise<StubOpenAi> {
  const seen = { requests: 0, refused: 0, inputs: 0 };
  const embed = createStubOpenAiHandler(options);
  const server = await startFaultServer({
    async handler(request) {
      seen.requests += 1;
      const scripted = options.script?.(seen.requests);
      if (scripted !== undefined) {
        seen.refused += 1;
        const error = { message: 'scripted', type: 'scripted', code: null, param: null };
        return Response.json({ error }, scripted);
      }
      seen.inputs += countInputs(new Uint8Array(await request.clone().arrayBuffer()));
      return embed(request);
    },
  });
  return { baseUrl: `${server.url}/v1`, seen, close: () => server.close() };
}
