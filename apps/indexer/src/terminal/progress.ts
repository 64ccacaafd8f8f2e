/** Shows the progress of a stage. */
export interface Progress {
  update(done: number, total: number | undefined): void;
  /** Removes the bar from the terminal. */
  end(): void;
}

/** Nothing is shown for a stage that ends sooner. */
const QUIET_MS = 1000;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5000;
const BAR_CELLS = 30;

export interface ProgressOptions {
  readonly stage: string;
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly now: () => number;
}

/** A progress bar on a terminal; elsewhere a line every few seconds. */
export function createProgress({ stage, stream, now }: ProgressOptions): Progress {
  const startedAt = now();
  const isTerminal = stream.isTTY === true;
  let shownAt = isTerminal ? startedAt + QUIET_MS - BAR_EVERY_MS : startedAt;
  let drawn = false;

  return {
    update(done, total) {
      const at = now();
      if (at - startedAt < QUIET_MS || at - shownAt < (isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS)) return;
      shownAt = at;
      drawn = isTerminal;
      stream.write(isTerminal ? `\r\u001B[K${bar(stage, done, total)}` : `${stage}: ${counts(done, total)}\n`);
    },
    end() {
      if (drawn) stream.write('\r\u001B[K');
      drawn = false;
    },
  };
}

function bar(stage: string, done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return `${stage} ${done}`;
  const filled = Math.round(Math.min(done / total, 1) * BAR_CELLS);
  return `${stage} ${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${counts(done, total)}`;
}

function counts(done: number, total: number | undefined): string {
  return total === undefined ? String(done) : `${done}/${total}`;
}
