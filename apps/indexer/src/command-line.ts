import { createRequire } from 'node:module';
import { runCommand } from 'citty';
import { didYouMean, EXIT, IndexingError, NO_TELEMETRY, type ExitCode } from '@lockstep/model';
import { COMMAND_GROUPS, COMMANDS } from './commands.ts';
import type { CommandData, CommandEntry, Host } from './wiring/workspace-command.ts';

const { version: VERSION } = createRequire(import.meta.url)('#manifest') as { readonly version: string };

const HELP = new Set(['--help', '-h']);
/** What Nx and shells ask, whenever they like: nobody wants a trace of it. */
const UNTOLD = new Set(['runtime', 'completion']);
/** Goes on for hours, and what it is asked has nothing to do with each other: no span is around it all. */
const LASTING = new Set(['serve']);
const VERSION_WORDS = new Set(['--version', '-v', 'version']);

/** Runs the command that the arguments name, or prints help or the version, and returns the exit code. */
export async function runCommandLine(args: readonly string[], host: Host): Promise<ExitCode> {
  const [first = 'help'] = args;
  if (VERSION_WORDS.has(first)) return print(VERSION);
  if (first === 'help' || HELP.has(first)) return print(await helpOf(args.slice(1).filter((word) => !HELP.has(word))));
  if (args.some((arg) => HELP.has(arg))) return print(await helpOf(args));
  const { entry, rest } = findCommand(args);
  if (entry === undefined) throw noCommand(args);
  const command = await entry.load();
  const telemetry = (UNTOLD.has(entry.name) ? undefined : host.telemetry) ?? NO_TELEMETRY;
  const data: CommandData = { ...host, telemetry, commands: COMMANDS };
  const run = async (): Promise<ExitCode> => (await runCommand(command, { rawArgs: rest, data })).result as ExitCode;
  if (LASTING.has(entry.name)) return run();
  return telemetry.span('command', { command: entry.name }, async (span) => {
    const exitCode = await run();
    span.tell({ exitCode });
    return exitCode;
  });
}

function print(text: string): ExitCode {
  process.stdout.write(`${text}\n`);
  return EXIT.done;
}

/** The page about the command, or the group of commands, that the words begin with; without a word about all. */
async function helpOf(words: readonly string[]): Promise<string> {
  const { entry } = findCommand(words);
  if (entry !== undefined) {
    const [{ commandHelp }, { help }] = await Promise.all([import('./help/command-help.ts'), entry.load()]);
    return commandHelp({ ...entry, ...help }, process.stdout);
  }
  const [group] = words;
  if (group !== undefined && inGroup(group).length === 0 && !HELP.has(group)) throw noCommand(words);
  const { programHelp } = await import('./help/program-help.ts');
  return programHelp(COMMAND_GROUPS, process.stdout, group === undefined || HELP.has(group) ? undefined : group);
}

/** The command that the first words name, and the words after it. */
function findCommand(words: readonly string[]): { readonly entry?: CommandEntry | undefined; readonly rest: string[] } {
  const [first = '', second = ''] = words;
  const entry = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
  return { entry, rest: words.slice(entry?.name.split(' ').length ?? 0) };
}

/** The second words of the commands that begin with a word. */
function inGroup(first: string): string[] {
  return COMMANDS.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));
}

function noCommand([first = '', second]: readonly string[]): IndexingError {
  const inner = inGroup(first);
  const isGroup = inner.length > 0;
  const known = isGroup ? inner : [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? name))];
  const expected = `${known.join(', ')}${isGroup ? ` after ${first}` : ''}`;
  const typed = isGroup ? second : first;
  if (typed === undefined) return new IndexingError({ code: 'usage', message: `Expected one of ${expected}.` });
  const what = `There is no command ${JSON.stringify(isGroup ? `${first} ${typed}` : typed)}`;
  const meant = didYouMean(typed, known);
  // Behind a list of all commands nobody finds it.
  const message = meant === '' ? `${what}; expected ${expected}.` : `${what}.${meant}`;
  return new IndexingError({ code: 'usage', message });
}
