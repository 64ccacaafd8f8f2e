import { stripVTControlCharacters } from 'node:util';
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { ERROR_CATALOGUE, EXIT, IndexingError, isIndexingError, type ExitCode } from '@lockstep/model';
import { setHost } from './run-command.ts';
import { keepFilesPrivate } from './runtime/private-files.ts';

const commands = {
  run: () => import('./commands/run.ts').then(({ run }) => run),
  validate: () => import('./commands/validate.ts').then(({ validate }) => validate),
  embed: () => import('./commands/embed.ts').then(({ embed }) => embed),
  provision: () => import('./commands/provision.ts').then(({ provision }) => provision),
  'load-qdrant': () => import('./commands/load-qdrant.ts').then(({ loadQdrant }) => loadQdrant),
  'load-neon': () => import('./commands/load-neon.ts').then(({ loadNeon }) => loadNeon),
  verify: () => import('./commands/verify.ts').then(({ verify }) => verify),
  plan: () => import('./commands/plan.ts').then(({ plan }) => plan),
  repair: () => import('./commands/repair.ts').then(({ repair }) => repair),
  drop: () => import('./commands/drop.ts').then(({ drop }) => drop),
  status: () => import('./commands/status.ts').then(({ status }) => status),
  cache: () => import('./commands/cache.ts').then(({ cache }) => cache),
  search: () => import('./commands/search.ts').then(({ search }) => search),
  doctor: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
  summary: () => import('./commands/summary.ts').then(({ summary }) => summary),
  runtime: () => import('./commands/runtime.ts').then(({ runtime }) => runtime),
};

const VERSION = '0.0.0';

const indexer = defineCommand({
  meta: {
    name: 'indexer',
    version: VERSION,
    description: 'Keeps an index in Qdrant and Postgres in step with a file of chunks',
  },
  subCommands: commands,
});

const interrupted = new AbortController();
let stops = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    stops += 1;
    if (stops > 1) process.exit(EXIT.failed);
    interrupted.abort(new IndexingError({ code: 'aborted', message: 'Stopped. What was embedded is saved.' }));
  });
}

// A reader that has seen enough closes the pipe; that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

keepFilesPrivate();
let exit: ExitCode = EXIT.done;
setHost({ signal: interrupted.signal, finish: (code) => (exit = code) });
const words = process.argv.slice(2);
try {
  await main(words);
} catch (error) {
  exit = report(error, words);
}
process.exitCode = exit;
// A request that was left behind must not keep a stopped process; nothing else is waited for.
if (interrupted.signal.aborted) process.stdout.write('', () => process.exit(exit));

async function main(rawArgs: string[]): Promise<void> {
  const [name] = rawArgs;
  const load =
    name !== undefined && Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : undefined;
  const help = rawArgs.some((word) => word === '--help' || word === '-h');
  if (name === undefined || (help && load === undefined)) {
    show(await renderUsage(indexer));
    return;
  }
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  if (load === undefined) {
    const known = Object.keys(commands).join(', ');
    throw new IndexingError({
      code: 'usage',
      message: `There is no command ${JSON.stringify(name)}; expected ${known}.`,
    });
  }
  const { command, parent, rest } = await inner(name, await load(), rawArgs.slice(1));
  if (help) show(await renderUsage(command, parent));
  else await runCommand(command, { rawArgs: rest });
}

/** Follows the words into a command that has commands of its own. */
async function inner(
  rawName: string,
  command: CommandDef,
  rest: string[],
): Promise<{ command: CommandDef; parent: CommandDef; rest: string[] }> {
  const parent = indexer;
  const inners = command.subCommands as Readonly<Record<string, CommandDef>> | undefined;
  if (inners === undefined) return { command, parent, rest };
  const [name, ...others] = rest;
  if (name !== undefined && Object.hasOwn(inners, name)) {
    const named = { ...command, meta: { name: `indexer ${rawName}`, version: VERSION } };
    return { command: inners[name] as CommandDef, parent: named, rest: others };
  }
  if (name === undefined || name.startsWith('-')) {
    if (rest.some((word) => word === '--help' || word === '-h')) return { command, parent, rest };
    throw new IndexingError({
      code: 'usage',
      message: `Expected one of ${Object.keys(inners).join(', ')} after ${rawName}.`,
    });
  }
  throw new IndexingError({
    code: 'usage',
    message: `There is no command ${JSON.stringify(`${rawName} ${name}`)}; expected ${Object.keys(inners).join(', ')} after ${rawName}.`,
  });
}

/** Prints a usage text, in colour on a terminal alone. */
function show(usage: string): void {
  process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n`);
}

/** Tells a failure in words, on stderr, and with `--json` as an object on stdout too. Never a stack trace. */
function report(error: unknown, rawArgs: readonly string[]): ExitCode {
  const told = asIndexingError(error);
  const { code, stage, message, advice, details } = told;
  process.stderr.write(`\nerror ${code}${stage === undefined ? '' : ` in ${stage}`}: ${message}\n  ${advice}\n`);
  if (rawArgs.some((word) => word === '--json' || word === '--json=true')) {
    const failure = { code, stage: stage ?? null, message, advice, details };
    process.stdout.write(`${JSON.stringify({ ok: false, error: failure })}\n`);
  }
  return ERROR_CATALOGUE[code].exit;
}

function asIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  if (!(error instanceof Error)) return new IndexingError({ code: 'invariant', message: 'An unknown failure.' });
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // citty's own errors are about what was typed.
  if (error.name === 'CLIError') return new IndexingError({ code: 'usage', message: error.message });
  if (code !== undefined && /^E[A-Z]+$/.test(code)) {
    return new IndexingError({ code: 'disk-failed', message: `${error.message}.` });
  }
  return new IndexingError({ code: 'invariant', message: `${error.name}: ${error.message}` });
}
