import { pageInsteadOfJson } from '@lockstep/resilience';
import type { QdrantClient } from '@qdrant/js-client-rest';

type Request = (payload: unknown, init?: RequestInit) => Promise<{ readonly data?: unknown }>;

/**
 * Makes a client refuse redirects and web pages; it has no settings for either. `fetch` would send the key, which is in a custom
 * header, to whatever host a redirect names; a redirect then fails with its status. The text of a page would be taken for a result.
 */
export function checkedClient(client: QdrantClient, server: string): QdrantClient {
  const requests = client.api() as unknown as Record<string, Request>;
  for (const [name, request] of Object.entries(requests)) {
    requests[name] = async (payload, init) => {
      const answer = await request(payload, { ...init, redirect: 'manual' });
      if (typeof answer.data === 'string') throw pageInsteadOfJson('Qdrant', server);
      return answer;
    };
  }
  return client;
}
