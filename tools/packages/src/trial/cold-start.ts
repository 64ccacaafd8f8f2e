import { lockstep } from './try-command-line.ts';
import type { InstallFolder } from './install-folder.ts';

const ROUNDS = 15;

/** Milliseconds until a program has started and ended, as medians. */
export interface ColdStart {
  /** `lockstep --help`. */
  readonly helpMs: number;
  /** `node -e 0`. */
  readonly nodeMs: number;
}

/** Starts both in turns, so that what else the machine does weighs on both. The first round fills the compile cache. */
export function measureColdStart(folder: InstallFolder, node: string): ColdStart {
  const help: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [helpMs, nodeMs] = [
      elapsed(() => lockstep(folder, node, ['--help'])),
      elapsed(() => folder.run(node, ['-e', '0'])),
    ];
    if (round === 0) continue;
    help.push(helpMs);
    bare.push(nodeMs);
  }
  return { helpMs: median(help), nodeMs: median(bare) };
}

function elapsed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
