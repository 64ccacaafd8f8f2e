/** Addresses of services on loopback. */
export interface ServiceAddresses {
  readonly openai: string;
  readonly qdrant: string;
  readonly neon: string;
}

/**
 * Uses a library as a Worker would, and says what came out of it and what should have. It is called for each request of
 * one Worker.
 */
export type LibraryCall = (
  services: ServiceAddresses,
) => Promise<{ readonly found: unknown; readonly expected: unknown }>;
