import { IndexingError } from '@lockstep/model';

/** Names of stdin. A pipe or a socket there cannot be opened by its path on every system. */
const STDIN = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** Whether an argument of the command line means stdin. */
export function isStdin(argument: string): boolean {
  return STDIN.has(argument);
}

/** The bytes of stdin, which can be read once. Fails with `usage` where it is a terminal. */
export async function* stdinBytes(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { stdin } = process;
  if (stdin.isTTY) {
    const message = 'Expected chunks on stdin from a pipe or a file, found a terminal.';
    throw new IndexingError({ code: 'usage', message });
  }
  const stop = (): void => void stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const block of stdin) yield block as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new IndexingError({ code: 'input-missing', message: `stdin cannot be read (${code}).` });
  } finally {
    signal.removeEventListener('abort', stop);
    // Otherwise a writer that goes on would keep this process alive.
    stdin.destroy();
  }
  signal.throwIfAborted();
}
