/** Where a process is killed: at the n-th call of one kind, before it, in the middle of it, or after it. */
export interface Failpoint {
  /** `<stage> <action>`, or only the action if it is the same in all stages. */
  readonly kind: string;
  /** Counted from 1. */
  readonly call: number;
  /** `torn`: a part of the data is written. `after`: the effect is done, and the caller does not know. */
  readonly side: 'before' | 'torn' | 'after';
}

/** The steps of a process that have an effect outside of it, counted by kind. */
export interface Steps {
  /** Does one step, unless the process is killed there. `part` does a part of it, for a torn write. */
  take<Result>(kind: string, step: () => Result, part?: () => void): Result;
  /** The kinds of all steps so far, in the order of their start. */
  readonly taken: readonly string[];
  /** Whether the synchronous part of a step is running. */
  isTaking(): boolean;
}

/** Counts steps, and kills its own process at the failpoint. */
export function createSteps(failpoint?: Failpoint): Steps {
  const taken: string[] = [];
  const counts = new Map<string, number>();
  let isTaking = false;

  function during<Result>(step: () => Result): Result {
    isTaking = true;
    try {
      return step();
    } finally {
      isTaking = false;
    }
  }

  return {
    taken,
    isTaking: () => isTaking,
    take(kind, step, part) {
      const call = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, call);
      taken.push(kind);
      const side = failpoint?.kind === kind && failpoint.call === call ? failpoint.side : undefined;
      if (side === 'before') die();
      if (side === 'torn') {
        part?.();
        die();
      }
      const result = during(step);
      if (side !== 'after') return result;
      if (!(result instanceof Promise)) die();
      return (result as Promise<unknown>).then(die) as typeof result;
    },
  };
}

/** Ends the process as `kill -9` does: no handler runs, and nothing in memory is written. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('a killed process went on');
}
