import { ERROR_CATALOGUE, IndexingError, isIndexingError, type ExitCode } from '@lockstep/model';
import { withoutControls } from './printable.ts';

/**
 * Prints a failure on stderr, and with `--json` also as an object on stdout. Returns the exit code. Never prints a
 * stack trace.
 */
export function reportFailure(error: unknown, args: readonly string[]): ExitCode {
  const { code, stage, message, advice, details } = asIndexingError(error);
  process.stderr.write(
    `\nerror ${code}${stage === undefined ? '' : ` in ${stage}`}: ${withoutControls(message)}\n  ${advice}\n`,
  );
  if (args.some((arg) => arg === '--json' || arg === '--json=true')) {
    const failure = { code, stage: stage ?? null, message, advice, details };
    process.stdout.write(`${JSON.stringify({ ok: false, error: failure })}\n`);
  }
  return ERROR_CATALOGUE[code].exit;
}

function asIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  if (!(error instanceof Error))
    return new IndexingError({ code: 'invariant', message: 'Expected an error, but something else was thrown.' });
  const { name, code = '', message } = error as NodeJS.ErrnoException;
  // citty throws these for wrong arguments.
  if (name === 'CLIError') return new IndexingError({ code: 'usage', message });
  if (/^E[A-Z]+$/.test(code)) return new IndexingError({ code: 'disk-failed', message: `${message}.` });
  return new IndexingError({ code: 'invariant', message: `${name}: ${message}` });
}
