import { thirdPartyHost } from '@lockstep/embed-openai/models';
import { IndexingError, isLoopback, isPrivateAddress } from '@lockstep/model';
import { FOREIGN_POSTGRES, type Environment } from './environment.ts';

/** Qdrant's default port for REST. */
const QDRANT_PORT = 6333;

/** The variable that names the Qdrant; `QDRANT_HOST` where none does. */
export function qdrantVariable(environment: Environment): 'QDRANT_HOST' | 'QDRANT_URL' {
  return environment.QDRANT_HOST === undefined && environment.QDRANT_URL !== undefined ? 'QDRANT_URL' : 'QDRANT_HOST';
}

/** Address of Qdrant, from `QDRANT_HOST` or `QDRANT_URL`: a URL or a bare host. */
export function qdrantAddress(environment: Environment): { url: URL; apiKey?: string } {
  const variable = qdrantVariable(environment);
  const text = environment[variable];
  if (text === undefined) throw unset('QDRANT_HOST', 'the address of your Qdrant');
  const url = parseAddress(text, variable);
  if (url.username !== '' || url.password !== '') {
    throw invalid(`${variable}: expected no user or password in the address; the key goes into QDRANT_API_KEY`);
  }
  const apiKey = environment.QDRANT_API_KEY;
  if (apiKey === undefined) return { url };
  requireEncryption('QDRANT_API_KEY', url, variable);
  return { url, apiKey };
}

/** Fails if a secret would be sent without encryption to another machine. */
function requireEncryption(secret: string, url: URL, variable: string): void {
  if (isPrivateAddress(url)) return;
  throw invalid(`${variable}: expected https; ${secret} would go over plain http to another machine`);
}

/** A bare host means https on Qdrant's port, or http if it is this machine. */
function parseAddress(text: string, variable: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      throw invalid(`${variable}: expected an http or https URL, or a host`);
    }
    return new URL(text);
  }
  if (!URL.canParse(`https://${text}`)) throw invalid(`${variable}: expected an http or https URL, or a host`);
  const bare = new URL(`https://${text}`);
  const url = isLoopback(bare.hostname) ? new URL(`http://${text}`) : bare;
  if (!/:\d+(\/|$)/.test(text)) url.port = String(QDRANT_PORT);
  return url;
}

/** Address and protocol of Postgres. */
export interface PostgresAddress {
  readonly connectionString: string;
  /** `http`: Neon, or a proxy that speaks its protocol. `wire`: any other Postgres server. */
  readonly protocol: 'http' | 'wire';
  readonly fetchEndpoint?: string;
  /** Host and database for messages, without user and password. */
  readonly shown: string;
}

export function postgresAddress(environment: Environment): PostgresAddress {
  const { NEON_POSTGRES_CONNECTION_STRING: connectionString, postgresVariable = 'NEON_POSTGRES_CONNECTION_STRING' } =
    environment;
  if (connectionString === undefined) {
    const foreign = FOREIGN_POSTGRES.find((name) => environment[name] !== undefined);
    const ignored =
      foreign === undefined
        ? ''
        : `; ${foreign} is taken only beside QDRANT_HOST, and where neither LOCKSTEP_PROFILE, LOCKSTEP_ROWS nor --rows is given`;
    throw unset('NEON_POSTGRES_CONNECTION_STRING', `the address of your Postgres${ignored}`);
  }
  const url = new URL(connectionString);
  const shown = `${url.host}${decodeURIComponent(url.pathname)}`;
  const endpoint = environment.NEON_FETCH_ENDPOINT;
  if (endpoint !== undefined) {
    if (url.password !== '') {
      requireEncryption(`the password in ${postgresVariable}`, new URL(endpoint), 'NEON_FETCH_ENDPOINT');
    }
    return { connectionString, protocol: 'http', fetchEndpoint: endpoint, shown };
  }
  return { connectionString, protocol: isNeon(url.hostname) ? 'http' : 'wire', shown };
}

function isNeon(hostname: string): boolean {
  return hostname.endsWith('.neon.tech') || hostname.endsWith('.neon.build');
}

/** Key of the embedding service; a server that is not OpenAI's may need none. */
export function openAiKey({ OPENAI_API_KEY: key, OPENAI_BASE_URL: base }: Environment): string {
  if (key !== undefined) {
    if (base !== undefined) requireEncryption('OPENAI_API_KEY', new URL(base), 'OPENAI_BASE_URL');
    return key;
  }
  if (thirdPartyHost(base) !== null) return 'none';
  throw unset(
    'OPENAI_API_KEY',
    'your OpenAI key. `indexer plan` and `indexer inspect` need no key to show what embedding would cost',
  );
}

function unset(variable: string, what: string): IndexingError {
  return invalid(
    `${variable} is not set; expected ${what}. The embedded services (LOCKSTEP_PROFILE=embedded) need no account`,
  );
}

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'environment-invalid', message: `${what}.` });
}
