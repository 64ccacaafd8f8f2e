import { ERROR_CATALOGUE, IndexingError, isIndexingError, type ExitCode } from '@lockstep/model';

/**
 * Reports a failure on stderr, and with `--json` as an object on stdout too, and gives its exit code. Never prints a
 * stack trace.
 */
export function reportFailure(error: unknown, words: readonly string[]): ExitCode {
  const { code, stage, message, advice, details } = asIndexingError(error);
  process.stderr.write(`\nerror ${code}${stage === undefined ? '' : ` in ${stage}`}: ${message}\n  ${advice}\n`);
  if (words.some((word) => word === '--json' || word === '--json=true')) {
    const failure = { code, stage: stage ?? null, message, advice, details };
    process.stdout.write(`${JSON.stringify({ ok: false, error: failure })}\n`);
  }
  return ERROR_CATALOGUE[code].exit;
}

function asIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  if (!(error instanceof Error)) return new IndexingError({ code: 'invariant', message: 'An unknown failure.' });
  const { name, code = '', message } = error as NodeJS.ErrnoException;
  // citty's own errors are about what was typed.
  if (name === 'CLIError') return new IndexingError({ code: 'usage', message });
  if (/^E[A-Z]+$/.test(code)) return new IndexingError({ code: 'disk-failed', message: `${message}.` });
  return new IndexingError({ code: 'invariant', message: `${name}: ${message}` });
}
