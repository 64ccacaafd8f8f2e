import type { Environment } from '../settings/environment.ts';

/** Variables with the address of a service. */
const ADDRESSES = [
  'OPENAI_BASE_URL',
  'QDRANT_HOST',
  'QDRANT_URL',
  'NEON_POSTGRES_CONNECTION_STRING',
  'NEON_FETCH_ENDPOINT',
];

/**
 * Replaces the hosts of the configured services by `***`: a CI service hides its secrets in logs, and in nothing that is
 * written elsewhere.
 */
export function hideAddresses(text: string, environment: Environment): string {
  const hosts = ADDRESSES.flatMap((name) => {
    const address = environment[name];
    if (typeof address !== 'string') return [];
    const url = [address, `https://${address}`].find((each) => URL.canParse(each) && new URL(each).hostname !== '');
    return url === undefined ? [] : [new URL(url).hostname];
  });
  return hosts.toSorted((a, b) => b.length - a.length).reduce((shown, host) => shown.replaceAll(host, '***'), text);
}
