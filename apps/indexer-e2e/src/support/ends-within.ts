/** Whether a process ends before it would give up on what does not answer, or wait for ever. */
export function endsWithin(ended: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, milliseconds, false);
  void ended.then(() => resolve(true));
  return promise.finally(() => clearTimeout(timer));
}
