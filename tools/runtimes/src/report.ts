/** One fact that was tried. */
export interface Outcome {
  readonly title: string;
  /** What is wrong; undefined where the fact holds. */
  readonly problem: string | undefined;
}

/** Prints each problem, and how many facts hold. Returns whether all do. */
export function report(what: string, outcomes: readonly Outcome[]): boolean {
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  for (const { title, problem } of failed) console.error(`${title}: failed: ${problem}`);
  console.log(`${what}: ${outcomes.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 && outcomes.length > 0;
}
