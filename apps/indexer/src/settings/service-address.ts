import { IndexingError } from '@lockstep/model';
import type { Environment } from './environment.ts';

/** Qdrant's default port for REST. */
const QDRANT_PORT = 6333;

/** Where Qdrant is: `QDRANT_HOST` or `QDRANT_URL`, a whole URL as it stands, or a bare host. */
export function qdrantAddress(environment: Environment): { url: URL; apiKey?: string } {
  const text = environment.QDRANT_HOST ?? environment.QDRANT_URL;
  if (text === undefined) throw unset('QDRANT_HOST', 'the address of your Qdrant');
  const url = parseAddress(text);
  if (url.username !== '' || url.password !== '') {
    throw invalid('QDRANT_HOST: expected no user or password in the address; the key goes into QDRANT_API_KEY');
  }
  const apiKey = environment.QDRANT_API_KEY;
  if (apiKey === undefined) return { url };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw invalid('QDRANT_API_KEY would go over plain http; expected https in QDRANT_HOST');
  }
  return { url, apiKey };
}

/** A bare host is taken as https on Qdrant's port, or http where it is this machine. */
function parseAddress(text: string): URL {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      throw invalid('QDRANT_HOST: expected an http or https URL, or a host');
    }
    return new URL(text);
  }
  if (!URL.canParse(`https://${text}`)) throw invalid('QDRANT_HOST: expected an http or https URL, or a host');
  const bare = new URL(`https://${text}`);
  const url = isLoopback(bare.hostname) ? new URL(`http://${text}`) : bare;
  if (!/:\d+(\/|$)/.test(text)) url.port = String(QDRANT_PORT);
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Where Postgres is, and how it is spoken to. */
export interface PostgresAddress {
  readonly connectionString: string;
  /** `http`: Neon, or a proxy that speaks its protocol. `wire`: any other Postgres server. */
  readonly protocol: 'http' | 'wire';
  readonly fetchEndpoint?: string;
  /** Host and database, without user or password. */
  readonly shown: string;
}

export function postgresAddress(environment: Environment): PostgresAddress {
  const connectionString = environment.NEON_POSTGRES_CONNECTION_STRING;
  if (connectionString === undefined) throw unset('NEON_POSTGRES_CONNECTION_STRING', 'the address of your Postgres');
  const url = new URL(connectionString);
  const shown = `${url.host}${decodeURIComponent(url.pathname)}`;
  const endpoint = environment.NEON_FETCH_ENDPOINT;
  if (endpoint !== undefined) return { connectionString, protocol: 'http', fetchEndpoint: endpoint, shown };
  return { connectionString, protocol: isNeon(url.hostname) ? 'http' : 'wire', shown };
}

function isNeon(hostname: string): boolean {
  return hostname.endsWith('.neon.tech') || hostname.endsWith('.neon.build');
}

/** The key for the embedding service. A server that is not OpenAI's may want none. */
export function openAiKey(environment: Environment): string {
  if (environment.OPENAI_API_KEY !== undefined) return environment.OPENAI_API_KEY;
  const base = environment.OPENAI_BASE_URL;
  if (base !== undefined && new URL(base).hostname !== 'api.openai.com') return 'none';
  throw unset('OPENAI_API_KEY', 'your OpenAI key');
}

function unset(variable: string, what: string): IndexingError {
  return invalid(`${variable} is not set; expected ${what}. With LOCKSTEP_PROFILE=embedded no account is needed`);
}

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'environment-invalid', message: `${what}.` });
}
