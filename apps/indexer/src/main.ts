import { EXIT, IndexingError, type LogFields } from '@lockstep/model';
import { runCommandLine } from './command-line.ts';
import { keepFilesPrivate } from './runtime/private-files.ts';
import { flushAtEnd } from './telemetry/flush-at-end.ts';
import { loadTelemetry } from './telemetry/load-telemetry.ts';
import { createConsoleLogger } from './terminal/console-logger.ts';
import { reportFailure } from './terminal/report-failure.ts';

const interrupted = new AbortController();
const { signal } = interrupted;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (signal.aborted) process.exit(EXIT.failed);
    interrupted.abort(new IndexingError({ code: 'aborted', message: 'Stopped. What was embedded is saved.' }));
  });
}

// A program that reads our output, such as head, may close the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

keepFilesPrivate();
const args = process.argv.slice(2);
const warn = (event: string, fields: LogFields) =>
  createConsoleLogger({ volume: 'quiet', prefix: 'telemetry' }).warn(event, fields);
const telemetry = await loadTelemetry(() =>
  warn('telemetry-off', {
    hint: 'OpenTelemetry is registered, and @opentelemetry/api is not installed beside this program',
  }),
);
const exit = await telemetry
  .withParent(process.env, () => runCommandLine(args, { signal, telemetry }))
  .catch((error: unknown) => reportFailure(error, args));
process.exitCode = exit;
const unsent = await flushAtEnd(telemetry, signal.aborted ? 'interrupted' : 'done');
if (unsent !== undefined) warn('telemetry-not-sent', { reason: unsent });
// Neither a request that is still under way nor a collector that does not answer may keep the process running.
if (signal.aborted || unsent !== undefined) process.stdout.write('', () => process.exit(exit));
