/** A signal that aborts `delayMs` milliseconds after another one, with its reason. Does not keep a process alive. */
export function delayAbort(signal: AbortSignal, delayMs: number): AbortSignal {
  const delayed = new AbortController();
  const abortLater = (): void => void setTimeout(() => delayed.abort(signal.reason), delayMs).unref();
  if (signal.aborted) abortLater();
  else signal.addEventListener('abort', abortLater, { once: true });
  return delayed.signal;
}
