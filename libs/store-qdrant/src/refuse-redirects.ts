import type { QdrantClient } from '@qdrant/js-client-rest';

type Request = (payload: unknown, init?: RequestInit) => unknown;

/**
 * Makes a client refuse redirects: `fetch` would send the key, which is in a custom header, to whatever host the
 * redirect names. A redirect then fails with its status. The client itself has no setting for this.
 */
export function refuseRedirects(client: QdrantClient): QdrantClient {
  const requests = client.api() as unknown as Record<string, Request>;
  for (const [name, request] of Object.entries(requests)) {
    requests[name] = (payload, init) => request(payload, { ...init, redirect: 'manual' });
  }
  return client;
}
