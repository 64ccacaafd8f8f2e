import { EXIT, IndexingError } from '@lockstep/model';
import { runCommandLine } from './command-line.ts';
import { keepFilesPrivate } from './runtime/private-files.ts';
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
const exit = await runCommandLine(args, { signal }).catch((error: unknown) => reportFailure(error, args));
process.exitCode = exit;
// A request that is still under way must not keep a stopped process running.
if (signal.aborted) process.stdout.write('', () => process.exit(exit));
