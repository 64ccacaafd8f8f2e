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

// A reader that has seen enough closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

keepFilesPrivate();
const words = process.argv.slice(2);
const exit = await runCommandLine(words, { signal }).catch((error: unknown) => reportFailure(error, words));
process.exitCode = exit;
// A request that was left behind must not keep a stopped process; nothing else is waited for.
if (signal.aborted) process.stdout.write('', () => process.exit(exit));
