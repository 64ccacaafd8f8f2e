import { isIndexingError } from '@lockstep/model';
import { putRequested } from './routes/put-requested.ts';
import type { RoutesOptions } from './routes/routes-options.ts';

/** What is used of a batch of messages. */
export interface MessageBatch {
  readonly messages: readonly {
    readonly id: string;
    readonly body: unknown;
    ack(): void;
    retry(options?: { readonly delaySeconds?: number }): void;
  }[];
}

/** A service that is down, or another edit, needs some time. */
const DELAY_SECONDS = 10;

/**
 * Puts the chunks of each message, one after the other. A message that fails is delivered again, whatever the error: after
 * its last delivery the queue moves it to its dead letter queue, where nothing is lost.
 */
export async function putMessages(options: RoutesOptions, { messages }: MessageBatch): Promise<void> {
  for (const message of messages) {
    try {
      await putRequested(options, message.body);
      message.ack();
    } catch (error) {
      const known = isIndexingError(error) ? error : undefined;
      options.logger.warn('message-failed', {
        message: message.id,
        code: known?.code ?? 'invariant',
        error: known?.message,
      });
      message.retry({ delaySeconds: Math.max(DELAY_SECONDS, Math.ceil((known?.retryAfterMs ?? 0) / 1000)) });
    }
  }
}
