import type { QdrantClient } from '@qdrant/js-client-rest';

type Request = (payload: unknown, init?: RequestInit) => unknown;

/**
 * Makes a client refuse redirects: `fetch` would send the key to whatever host is named, since the key is in a header
 * of its own. A redirect then fails with its status. The client itself has no setting for this.
 */
export function refuseRedirects(client: QdrantClient): QdrantClient {
  const requests = client.api() as unknown as Record<string, Request>;
  for (const [name, request] of Object.entries(requests)) {
    requests[name] = (payload, init) => request(payload, { ...init, redirect: 'manual' });
  }
  return client;
}
