/** A signal that aborts with another one's reason, so many milliseconds after it. Does not keep a process alive. */
export function followLate(signal: AbortSignal, delayMs: number): AbortSignal {
  const late = new AbortController();
  const follow = (): void => void setTimeout(() => late.abort(signal.reason), delayMs).unref();
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return late.signal;
}
