import type { Clock, Dependency } from '@lockstep/model';
import { countInputs } from './stub-openai-handler.ts';
import type { FaultRecord } from './fault-record.ts';
import { FAULTY_SERVICES, type FaultScript } from './fault-rule.ts';
import { startFaultServer, type FaultServer, type Handler } from './fault-server.ts';

export interface FaultyServicesOptions {
  /** The services in front of which the fault servers are. */
  readonly handlers: Readonly<Record<Dependency, Handler>>;
  readonly script: FaultScript;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** The first of three consecutive ports, in the order of `FAULTY_SERVICES`. @default free ports */
  readonly port?: number;
  readonly onFault?: (service: Dependency, record: FaultRecord) => void;
  readonly onEnd?: (service: Dependency, record: FaultRecord) => void;
}

/** All services of the program, with the faults of a script. */
export interface FaultyServices extends Readonly<Record<Dependency, FaultServer>> {
  /** Environment variables with their addresses. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A host that does not exist: the driver uses only `NEON_FETCH_ENDPOINT`. */
const CONNECTION_STRING = 'postgresql://lockstep:lockstep@faults.invalid/lockstep';

/** Starts a fault server in front of each service. Requests to the embedding service are counted in texts. */
export async function startFaultyServices(options: FaultyServicesOptions): Promise<FaultyServices> {
  const { handlers, script, clock, port, onFault, onEnd } = options;
  const started: FaultServer[] = [];
  const close = async (): Promise<void> => void (await Promise.all(started.map((server) => server.close())));
  const start = async (service: Dependency): Promise<FaultServer> => {
    const server = await startFaultServer({
      handler: handlers[service],
      rules: script[service] ?? [],
      seed: `${script.seed ?? 1} ${service}`,
      ...(service === 'openai' ? { unitsOf: countInputs } : {}),
      ...(clock === undefined ? {} : { clock }),
      ...(port === undefined ? {} : { port: port + FAULTY_SERVICES.indexOf(service) }),
      onFault: (record) => onFault?.(service, record),
      onEnd: (record) => onEnd?.(service, record),
    });
    started.push(server);
    return server;
  };
  try {
    const [openai, qdrant, neon] = [await start('openai'), await start('qdrant'), await start('neon')];
    return {
      openai,
      qdrant,
      neon,
      environment: {
        OPENAI_API_KEY: 'none',
        OPENAI_BASE_URL: `${openai.url}/v1`,
        QDRANT_HOST: qdrant.url,
        NEON_POSTGRES_CONNECTION_STRING: CONNECTION_STRING,
        NEON_FETCH_ENDPOINT: `${neon.url}/sql`,
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
