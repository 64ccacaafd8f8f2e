import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { EXIT, type ExitCode, type StoreName } from '@lockstep/model';
import type { CorpusSection } from '../markdown/pull-request-comment.ts';
import { COMMON_FLAGS, type FlagName } from '../settings/flags.ts';
import { argsOf, parseFlags } from '../settings/parse-flags.ts';
import { createConsoleReporter } from '../terminal/console-reporter.ts';
import { resolveContext, type Context } from './resolve-context.ts';

/** What the entry point hands to a command. */
export interface Host {
  /** Aborts when the user stops the program. */
  readonly signal: AbortSignal;
}

/** What a command prints on stdout, for people or as JSON, and the exit code it ends with. */
export interface CommandResult {
  readonly text: string;
  readonly json: unknown;
  /** @default EXIT.done */
  readonly exit?: ExitCode;
  /** What a comment on a pull request says of the corpus, of a command that has `--format`. */
  readonly section?: CorpusSection;
}

/** What every command gets. */
export type CommandContext = Context;

export interface CommandOptions<Given> {
  readonly name: string;
  readonly description: string;
  /** Flags in addition to those of every such command. @default [] */
  readonly flags?: readonly FlagName[];
  /** Positional arguments, and flags with another help text than in `FLAGS`. @default {} */
  readonly args?: ArgsDef;
  /** Whether the positional argument may be repeated. @default false */
  readonly severalSources?: boolean;
  /** Whether nothing is read from the state directory or written to it, so that it is not made. @default false */
  readonly withoutState?: boolean;
  /** The only store that the command uses. @default the store of `--only`, or both */
  readonly only?: StoreName;
  readonly run: (context: Given, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;
}

/**
 * A command that works on the whole workspace. It is run with a {@link Host} as its data, and returns the exit code.
 */
export function workspaceCommand(options: CommandOptions<CommandContext>): CommandDef {
  const known = { ...options.args, ...argsOf([...(options.flags ?? []), ...COMMON_FLAGS]) };
  return defineCommand({
    meta: { name: options.name, description: options.description },
    args: known,
    async run({ args, data }): Promise<ExitCode> {
      const { signal } = data as Host;
      const typed = parseFlags(args, known, options.severalSources);
      const reporter = createConsoleReporter(typed.verbose === true);
      const { only, withoutState } = options;
      const context = resolveContext({ cwd: process.cwd(), signal, reporter, typed, only, withoutState });
      const { text, json, exit = EXIT.done } = await options.run(context, args);
      process.stdout.write(context.flags.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
      return exit;
    },
  });
}
