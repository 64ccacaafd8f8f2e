import { resolve } from 'node:path';
import { spawn } from '@lydell/node-pty';
import headless from '@xterm/headless';
import { cleanEnvironment } from '../support/clean-environment.ts';

const BINARY = resolve(import.meta.dirname, '../../../indexer/bin/indexer.js');

export interface SessionOptions {
  readonly folder: string;
  readonly columns: number;
  /** @default 24 */
  readonly rows?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** `indexer` in a terminal of its own, and what stands on its screen. */
export interface TerminalSession {
  /** The lines of the screen and of what has left it at the top, without blanks at their ends and empty lines at the end. */
  lines(): string[];
  /** Lines that the terminal itself has broken, since they were wider than it is. */
  broken(): string[];
  /** Everything that was written, with its control sequences. */
  written(): string;
  /** Waits until the lines, as one text, match. Rejects with the screen if the program ends before. */
  until(pattern: RegExp): Promise<string>;
  type(keys: string): void;
  resize(columns: number): void;
  /** Exit code, once the program has ended and all that it wrote is on the screen. */
  readonly ended: Promise<number>;
  close(): void;
}

/** Starts `indexer` in a pseudo-terminal whose output goes through a terminal emulator. */
export function startTerminal(args: readonly string[], options: SessionOptions): TerminalSession {
  const { folder, columns, rows = 24, environment = {} } = options;
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
  const env = { ...cleanEnvironment(), TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment };
  const program = spawn(process.execPath, [BINARY, ...args], { cwd: folder, cols: columns, rows, env });
  const waiting = new Set<() => void>();
  let written = '';
  let isOver = false;

  function lines(): string[] {
    const { active } = terminal.buffer;
    const all = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
    return all.slice(0, all.findLastIndex((line) => line !== '') + 1);
  }

  program.onData((data) => {
    written += data;
    terminal.write(data, () => {
      for (const check of waiting) check();
    });
  });
  const ended = new Promise<number>((done) => {
    program.onExit(({ exitCode }) =>
      // After what is still to be written.
      terminal.write('', () => {
        isOver = true;
        for (const check of waiting) check();
        done(exitCode);
      }),
    );
  });

  return {
    lines,
    broken() {
      const { active } = terminal.buffer;
      return lines().filter((_, at) => active.getLine(at + 1)?.isWrapped === true);
    },
    written: () => written,
    until: (pattern) =>
      new Promise((found, failed) => {
        const check = (): void => {
          const text = lines().join('\n');
          if (!pattern.test(text) && !isOver) return;
          waiting.delete(check);
          if (pattern.test(text)) found(text);
          else failed(new Error(`${pattern} does not match what stands on the screen:\n${text}`));
        };
        waiting.add(check);
        check();
      }),
    type: (keys) => program.write(keys),
    resize(width) {
      terminal.resize(width, rows);
      program.resize(width, rows);
    },
    ended,
    close() {
      if (!isOver) program.kill();
      terminal.dispose();
    },
  };
}
