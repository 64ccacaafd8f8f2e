/** Where a process is to die: at the n-th call of one kind, before it, in the middle of it, or when it is done. */
export interface Failpoint {
  /** `<stage> <what is done>`, or what is done alone where it is the same in all stages. */
  readonly kind: string;
  /** From 1. */
  readonly call: number;
  /** `torn`: a part of what is to be written is there. `after`: the effect is there, and nobody was told. */
  readonly side: 'before' | 'torn' | 'after';
}

/** The steps of a process that touch anything outside it, counted by kind. */
export interface Steps {
  /** Does one step, unless the process is to die there. `part` does some of it, where it has parts. */
  take<Result>(kind: string, step: () => Result, part?: () => void): Result;
  /** The kind of every step so far, in the order in which they began. */
  readonly taken: readonly string[];
  /** Whether a step is being done right now, as far as it does not wait. */
  isTaking(): boolean;
}

/** Counts steps, and kills its own process where it is told to. */
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

/** Ends the process as `kill -9` does: no handler runs, and nothing that it holds in memory gets out. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('a killed process went on');
}
