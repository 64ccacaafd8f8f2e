import type { ReadingOptions } from '@lockstep/routes';

/** What the routes work with: ports and settings, and nothing of the runtime. */
export interface RoutesOptions extends ReadingOptions {
  /** What requests must carry. */
  readonly token: string;
  /** Origins of web pages that may call. */
  readonly origins: readonly string[];
}
