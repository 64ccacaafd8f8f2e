import { connectServices, type ServiceAddresses } from './connect-services.ts';
import { createReader, type Reader } from './create-reader.ts';

export interface ReaderAddresses extends ServiceAddresses {
  /** Searches this corpus. @default all corpora in the stores */
  readonly corpus?: string | undefined;
}

/**
 * A reader for services that are named by their addresses. Nothing is sent before the first search. In a Worker, make one
 * for each request. Fails with `option-invalid`, which names the option and never its value.
 */
export function connectReader({ corpus, ...addresses }: ReaderAddresses): Reader {
  return createReader({ ...connectServices(addresses), corpus });
}
