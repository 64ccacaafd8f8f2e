import { IndexingError, type EmbedderIdentity } from '@lockstep/model';
import type { CorpusSession } from './corpus-session.ts';
import type { Comment } from './every-text.ts';
import type { Services } from './open-services.ts';
import {
  workspaceCommand,
  type Command,
  type CommandContext,
  type CommandOptions,
  type CommandResult,
} from './workspace-command.ts';
import { refuseSharedNameAt } from '../settings/corpora/refuse-shared-name.ts';
import { readSource, type Source } from '../settings/corpus-file.ts';
import { CORPUS_FLAGS, ONE_CORPUS_FLAGS, SERVICE_FLAGS, type Flags } from '../settings/flags.ts';
import type { Spending } from '../settings/run-limits.ts';
import { printable } from '../terminal/printable.ts';

export interface CorpusCommandContext extends CommandContext {
  /** The embedding model and its host, which determine the price of a token. */
  readonly embedder: EmbedderIdentity;
  readonly session: CorpusSession;
  readonly source: Source;
  /** What the corpora before this one were allowed to cost. */
  readonly spending: Spending;
}

interface CorpusCommandOptions extends CommandOptions<CorpusCommandContext> {
  /** Whether it works on temporary files instead of those of the stages. @default () => false */
  readonly temporary?: (flags: Flags) => boolean;
  /** Whether no store is asked, and no key needed. @default () => false */
  readonly withoutStores?: (flags: Flags) => boolean;
  /** The result of `--format markdown`, for a command that has this flag. */
  readonly comment?: Comment;
}

type Arguments = Readonly<Record<string, unknown>>;

/** A command that works on one corpus; with the flag `all`, it also takes `--all` in the place of a corpus. */
export function corpusCommand(options: CorpusCommandOptions): Command {
  const takesAll = options.flags.includes('all');
  return workspaceCommand({
    ...options,
    // Nx gives the same flags to every stage.
    unused: [...CORPUS_FLAGS, ...SERVICE_FLAGS],
    args: {
      source: {
        type: 'positional',
        description:
          'A corpus.json, a folder with one, or the name of a corpus in the workspace; or chunks: files, a folder, a pattern of paths, an http(s) address, or - for stdin',
        required: !takesAll,
        valueHint: 'corpus.json|chunks.json...',
      },
      ...options.args,
    },
    severalSources: true,
    async run(context, args) {
      const given = args['_'] as readonly string[];
      const spending: Spending = { dollars: 0 };
      if (context.flags.all) {
        refuseOneCorpus(given, context.typed);
        const { everyCorpus } = await import('./every-corpus.ts');
        const runAt = async (path: string, services: Services) =>
          runOne(options, context, args, { source: readSource(path, undefined, context.root), spending, services });
        return everyCorpus(context, options.name, runAt, options.comment);
      }
      if (given.length === 0) throw usage(`Expected SOURCE${takesAll ? ' or --all' : ''}, found neither`);
      const runGiven = async () => {
        const source = readSource(given, context.flags.corpus, context.root);
        if (source.configPath !== undefined) refuseSharedNameAt(source.configPath, source.config.name, context.root);
        return runOne(options, context, args, { source, spending });
      };
      if (context.flags.format !== 'markdown' || options.comment === undefined) return runGiven();
      const { attempt } = await import('./every-corpus.ts');
      const outcome = await attempt(context.flags.corpus ?? given.join(' '), '', runGiven);
      return { text: options.comment(context, [outcome], []), json: undefined, exit: outcome.exit };
    },
  });
}

/** Runs the command for one corpus. */
async function runOne(
  options: CorpusCommandOptions,
  context: CommandContext,
  args: Arguments,
  { source, spending, services }: Pick<CorpusCommandContext, 'source' | 'spending'> & { readonly services?: Services },
): Promise<CommandResult> {
  // Loaded late: help, and commands without a corpus, such as `runtime` before every Nx task, need none of it.
  const { openSource } = await import('./open-source.ts');
  const temporary = options.temporary?.(context.flags);
  const withoutStores = options.withoutStores?.(context.flags);
  const opened = openSource(context, source, { temporary, withoutStores, services });
  try {
    return await options.run({ ...context, ...opened, source, spending }, args);
  } finally {
    await opened.session.close();
  }
}

/** Fails with `usage` for what cannot go together with `--all`. */
function refuseOneCorpus(given: readonly string[], typed: Partial<Flags>): void {
  const [first] = given;
  if (first !== undefined) {
    throw usage(
      `--all is every corpus of the workspace; expected no name or file with it, found "${printable(first)}"`,
    );
  }
  const flag = ONE_CORPUS_FLAGS.find((name) => typed[name] !== undefined);
  if (flag !== undefined) throw usage(`--${flag} is for one corpus; expected it in a corpus.json, or without --all`);
}

function usage(what: string): IndexingError {
  return new IndexingError({ code: 'usage', message: `${what}.` });
}
