import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { EXIT, IndexingError, type ExitCode, type StoreName, type Telemetry } from '@lockstep/model';
import type { CommandResult, DocumentFormat } from '../outcome/command-result.ts';
import type { ToldResult } from '../outcome/told-result.ts';
import type { CommandHelp, Example } from '../help/command-help.ts';
import { OUTPUT_FLAGS, SERVICE_FLAGS, type FlagName, type Flags } from '../settings/flags.ts';
import { argsOf, parseFlags } from '../settings/parse-flags.ts';
import { createConsoleReporter } from '../terminal/console-reporter.ts';
import { fitted } from '../terminal/fitted.ts';
import { resolveContext, type Context } from './resolve-context.ts';

/** What the entry point hands to a command. */
export interface Host {
  /** Aborts when the user stops the program. */
  readonly signal: AbortSignal;
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
}

/** What a command gets as its data. */
export interface CommandData extends Host {
  readonly commands: readonly CommandEntry[];
}

/** What every command gets. */
export type CommandContext = Context;

/** Version of the names in results; `results.ts` has their types. */
const SCHEMA_VERSION = 1;

/** A command, with what help tells of it. */
export interface Command extends CommandDef {
  readonly help: CommandHelp;
}

/** A command of the program, before it is loaded. */
export interface CommandEntry {
  /** What is typed; two words for a command of a group, such as `cache repair`. */
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export interface CommandOptions<Given> {
  readonly name: string;
  /** Flags that it uses, besides those about its output. */
  readonly flags: readonly FlagName[];
  /**
   * Flags that it takes and does not use, so that several commands can be given the same flags; it says so.
   *
   * @default SERVICE_FLAGS
   */
  readonly unused?: readonly FlagName[];
  /** Positional arguments, and flags with another help text than in `FLAGS`. @default {} */
  readonly args?: ArgsDef;
  readonly examples: readonly [Example, Example, ...Example[]];
  /** Formats that it prints besides text and JSON. @default [] */
  readonly formats?: readonly DocumentFormat[];
  /** A comment on a pull request in place of the usual one. */
  readonly comment?: (told: ToldResult) => string;
  /** Whether the positional argument may be repeated. @default false */
  readonly severalSources?: boolean;
  /** Whether nothing is read from the state directory or written to it, so that it is not made. @default false */
  readonly withoutState?: boolean;
  /** The only store that the command uses. @default the store of `--only`, or both */
  readonly only?: StoreName;
  readonly run: (context: Given, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;
}

/** What a command prints for people, as wide as the terminal is; a text for other programs, such as a comment, as it is. */
export function textOf(
  { text, brief = text }: CommandResult,
  { quiet, format }: Pick<Flags, 'quiet' | 'format'>,
): string {
  return format === undefined || format === 'text' ? fitted(quiet ? brief : text, process.stdout) : text;
}

function noSuchFormat(command: string, format: string, formats: readonly string[]): IndexingError {
  const message = `--format: ${command} has no ${format}; expected ${formats.slice(0, -1).join(', ')} or ${formats.at(-1)}.`;
  return new IndexingError({ code: 'usage', message });
}

/**
 * A command that works on the whole workspace. It is run with a {@link Host} as its data, and returns the exit code.
 */
export function workspaceCommand(options: CommandOptions<CommandContext>): Command {
  const { name, flags: own, unused = SERVICE_FLAGS, examples } = options;
  const formats = ['text', 'json', ...(options.formats ?? [])];
  const used = { ...argsOf([...own, ...OUTPUT_FLAGS]), ...options.args };
  Object.assign(used['format'] ?? {}, { valueHint: formats.join('|') });
  const known = { ...argsOf(unused), ...used };
  const definition = defineCommand({
    meta: { name },
    args: known,
    async run({ args, data }): Promise<ExitCode> {
      const { signal, telemetry } = data as CommandData;
      const typed = parseFlags(args, known, options.severalSources);
      const { format = 'text' } = typed;
      if (!formats.includes(format)) throw noSuchFormat(name, format, formats);
      const reporter = createConsoleReporter({
        volume: typed.quiet ? 'quiet' : typed.verbose ? 'verbose' : 'normal',
        forPrograms: typed.json === true || (typed.format !== undefined && typed.format !== 'text'),
      });
      const { only, withoutState } = options;
      for (const flag of Object.keys(typed) as (keyof Flags)[]) {
        if (!(flag in used)) reporter.logger(name).warn('flag-not-used', { flag: `--${flag}` });
      }
      const context = resolveContext({ cwd: process.cwd(), signal, reporter, telemetry, typed, only, withoutState });
      const result = await options.run(context, args);
      const { json, exit = EXIT.done, isPrinted = false } = result;
      if (isPrinted) return exit;
      const whole = { schemaVersion: SCHEMA_VERSION, ok: exit === EXIT.done, ...(json as object) };
      const shown = context.flags.json
        ? JSON.stringify(whole)
        : format === 'text' || format === 'json'
          ? textOf(result, context.flags)
          : await rendered(format, result);
      process.stdout.write(`${shown}\n`);
      return exit;

      async function rendered(document: DocumentFormat, { outcomes, notTried = [], findings = [] }: CommandResult) {
        const told = { command: name, outcomes: outcomes ?? [], notTried, findings, context };
        if (document === 'markdown' && options.comment !== undefined) return options.comment(told);
        const { RENDERERS } = await import('../formats/render-result.ts');
        return RENDERERS[document](told);
      }
    },
  });
  return { ...(definition as CommandDef), help: { args: used, examples } };
}
