import { ERROR_CATALOGUE, IndexingError, isIndexingError, type ExitCode } from '@lockstep/model';
import { fitted } from './fitted.ts';
import { marked } from './marked.ts';
import { withoutControls } from './printable.ts';
import { workflowCommand } from './workflow-command.ts';

/**
 * Prints a failure on stderr, and with `--json` also as an object on stdout. Returns the exit code. Never prints a
 * stack trace.
 */
export function reportFailure(error: unknown, args: readonly string[]): ExitCode {
  const failure = asIndexingError(error);
  process.stderr.write(`\n${fitted(failureText(failure), process.stderr)}\n`);
  const format = formatIn(args);
  if (format === 'json') process.stdout.write(`${JSON.stringify(failureJson(failure))}\n`);
  if (format === 'github') {
    const { code, message, advice } = failure;
    const title = `lockstep: ${code}`;
    process.stdout.write(`${workflowCommand('error', { title }, `${message} ${advice}`)}\n`);
  }
  return ERROR_CATALOGUE[failure.code].exit;
}

/** The format that the arguments ask for; they may be wrong otherwise. */
function formatIn(args: readonly string[]): string | undefined {
  const typed = args.map((arg, at) => (arg === '--format' ? `--format=${args[at + 1]}` : arg));
  if (typed.some((arg) => /^--json(=true)?$/.test(arg))) return 'json';
  return typed.flatMap((arg) => /^--format=(.*)$/.exec(arg)?.[1] ?? []).at(-1);
}

/** A failure for people: code, stage, message and what to do. */
export function failureText({ code, stage, message, advice }: IndexingError): string {
  // A variable that is missing is no failure of the stage that asked for it first.
  const place = stage === undefined || code === 'environment-invalid' ? '' : ` in ${stage}`;
  const what = `error ${code}${place}`;
  return `${marked('bad', what, process.stderr)}: ${withoutControls(message)}\n  ${advice}`;
}

/** A failure as `--json` prints it. */
export function failureJson({ code, stage, message, advice, details }: IndexingError): object {
  return { schemaVersion: 1, ok: false, error: { code, stage: stage ?? null, message, advice, details } };
}

/** An error of any kind as one of ours. */
export function asIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  if (!(error instanceof Error))
    return new IndexingError({ code: 'invariant', message: 'Expected an error, but something else was thrown.' });
  const { name, code = '', message } = error as NodeJS.ErrnoException;
  // citty throws these for wrong arguments.
  if (name === 'CLIError') {
    const missing = /^Missing required positional argument: (.+)$/.exec(message)?.[1];
    return new IndexingError({
      code: 'usage',
      message: missing === undefined ? message : `Expected ${missing}, found nothing.`,
    });
  }
  if (code === 'ERR_SQLITE_ERROR') {
    return new IndexingError({
      code: 'disk-failed',
      message: `A file of the embedded services cannot be used: ${message}.`,
    });
  }
  if (/^E[A-Z]+$/.test(code)) return new IndexingError({ code: 'disk-failed', message: `${message}.` });
  return new IndexingError({ code: 'invariant', message: `${name}: ${message}` });
}
