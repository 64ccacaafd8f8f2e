import { forwardTo, startFaultyServices, type FaultyServices } from '@lockstep/testing-faults';
import { bundleWorker } from '../bundle-worker.ts';
import type { InstalledRuntimes } from '../install-runtimes.ts';
import type { ServiceAddresses } from '../libraries/library-call.ts';
import { startWorker, type StartedWorker } from '../start-worker.ts';

/** The JSON of a reply, with its status. */
export type EdgeReply = Readonly<Record<string, unknown>> & { readonly status: number };

/** The Worker of apps/edge in workerd, over services that can be made to fail. */
export interface StartedEdge {
  readonly services: FaultyServices;
  /** Sends a request as it is. */
  readonly send: StartedWorker['send'];
  /** Sends a request with the right token. */
  ask(path: string, method?: string, body?: object): Promise<EdgeReply>;
  /** Size of its one module, in bytes. */
  readonly bytes: number;
  stop(): Promise<void>;
}

const TOKEN = 'a-token-of-this-trial';

/** So long may a call to a service take; what fails for good is given up after that. */
const DEADLINE_SECONDS = '1';

export async function startEdge(
  runtimes: InstalledRuntimes,
  { openai, qdrant, neon }: ServiceAddresses,
  {
    dimensions,
    deadlineSeconds = DEADLINE_SECONDS,
  }: { readonly dimensions: number; readonly deadlineSeconds?: string },
): Promise<StartedEdge> {
  const services = await startFaultyServices({
    handlers: { openai: forwardTo(new URL(openai).origin), qdrant: forwardTo(qdrant), neon: forwardTo(neon) },
    script: {},
  });
  const source = await bundleWorker(runtimes, { source: `export { default } from '@lockstep/edge';` });
  const bindings = {
    ...services.environment,
    LOCKSTEP_TOKEN: TOKEN,
    LOCKSTEP_MODEL: 'm',
    LOCKSTEP_DIMENSIONS: String(dimensions),
    LOCKSTEP_COLLECTION: 'edge',
    LOCKSTEP_TABLE: 'edge',
    LOCKSTEP_DEADLINE_SECONDS: deadlineSeconds,
  };
  const worker = await startWorker(runtimes, source, { bindings });
  return {
    services,
    send: worker.send,
    bytes: Buffer.byteLength(source),
    async ask(path, method = 'GET', body) {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const response = await worker.send(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return { ...((await response.json()) as object), status: response.status };
    },
    async stop() {
      await worker.stop();
      await services.close();
    },
  };
}
