import type { QdrantClient } from '@qdrant/js-client-rest';

type Request = (payload: unknown, init?: RequestInit) => unknown;

/**
 * Lets a client follow no redirect: `fetch` would carry the key along to whatever host is named, since it stands in a
 * header of its own. A redirect is then a failure with its status. The client itself has no setting for that.
 */
export function stayAtAddress(client: QdrantClient): QdrantClient {
  const requests = client.api() as unknown as Record<string, Request>;
  for (const [name, request] of Object.entries(requests)) {
    requests[name] = (payload, init) => request(payload, { ...init, redirect: 'manual' });
  }
  return client;
}
