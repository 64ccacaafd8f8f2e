import { defineCommand, type ArgsDef, type CommandDef } from 'citty';
import { EXIT, type EmbedderIdentity, type ExitCode } from '@lockstep/model';
import type { CorpusSession } from './corpus-session.ts';
import { openStateDirectory } from './runtime/state-directory.ts';
import { workspaceRoot } from './runtime/workspace-root.ts';
import { readSource } from './settings/corpus-file.ts';
import {
  resolveCorpusSettings,
  resolveModel,
  type CorpusSettings,
  type ModelSettings,
} from './settings/corpus-settings.ts';
import { embedderFacts } from './settings/embedder-facts.ts';
import { readEnvironment, type Environment } from './settings/environment.ts';
import { parseFlags, type Flags } from './settings/flags.ts';
import { KNOWN_MODELS } from './settings/known-models.ts';
import { minuteLimits } from './settings/minute-limits.ts';
import { resolveProfile, type Profile } from './settings/profile.ts';

/** What a command prints on stdout, for people or as JSON, and the exit code it ends with. */
export interface CommandResult {
  readonly text: string;
  readonly json: unknown;
  readonly exit?: ExitCode;
}

/** What every command is given. */
export interface CommandContext {
  readonly flags: Flags;
  readonly root: string;
  readonly stateDirectory: string;
  readonly environment: Environment;
  readonly profile: Profile;
  readonly signal: AbortSignal;
}

export interface CorpusCommandContext extends CommandContext {
  readonly settings: CorpusSettings;
  readonly model: ModelSettings;
  /** Who embeds, as far as prices go. */
  readonly embedder: EmbedderIdentity;
  readonly session: CorpusSession;
}

/** Set by the entry point before a command runs. */
export interface Host {
  readonly signal: AbortSignal;
  finish(exit: ExitCode): void;
}

let host: Host | undefined;

export function setHost(given: Host): void {
  host = given;
}

interface CommandOptions<Context> {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  /** The one store that the command concerns, whatever the flags say. */
  readonly only?: 'qdrant' | 'neon';
  readonly run: (context: Context, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;
}

interface CorpusCommandOptions extends CommandOptions<CorpusCommandContext> {
  /** Whether it works on files of its own, which are gone afterwards. */
  readonly temporary?: (flags: Flags) => boolean;
}

/** A command that works on the workspace as a whole. */
export function workspaceCommand(options: CommandOptions<CommandContext>): CommandDef {
  return defineCommand({
    meta: { name: options.name, description: options.description },
    args: options.args,
    async run({ args }) {
      const { signal, finish } = host as Host;
      const flags = parseFlags(args, options.args);
      const root = workspaceRoot(process.cwd());
      const environment = readEnvironment(root, process.env);
      const profile = resolveProfile(environment, flags, options.only ?? flags.only);
      const stateDirectory = openStateDirectory(root, flags['state-dir']);
      const context = { flags, root, stateDirectory, environment, profile, signal };
      finish(print(await options.run(context, args), flags));
    },
  });
}

/** A command that works on one corpus. */
export function corpusCommand(options: CorpusCommandOptions): CommandDef {
  return workspaceCommand({
    ...options,
    async run(context, args) {
      const { flags, profile, environment } = context;
      const source = readSource(String(args['source']), flags.corpus, context.root);
      const settings = resolveCorpusSettings(source, flags);
      const model = resolveModel(source.config, flags, profile, KNOWN_MODELS);
      const embedder = embedderFacts(model, profile, environment);
      const temporary = options.temporary?.(flags) ?? false;
      // Commands that work on no corpus load none of it; Nx runs `runtime` before each run.
      const { openCorpusSession } = await import('./corpus-session.ts');
      const session = openCorpusSession({
        ...context,
        settings,
        model,
        embedder,
        verbose: flags.verbose,
        temporary,
        minuteLimits: minuteLimits(flags, environment),
      });
      try {
        return await options.run({ ...context, settings, model, embedder: embedder.identity, session }, args);
      } finally {
        await session.close();
      }
    },
  });
}

function print({ text, json, exit }: CommandResult, flags: Flags): ExitCode {
  process.stdout.write(flags.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
  return exit ?? EXIT.done;
}
