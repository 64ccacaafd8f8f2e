import { IndexingError, isIndexingError, type EmbedderIdentity, type ErrorCode } from '@lockstep/model';
import type { CorpusSession } from './corpus-session.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import type { Finding } from '../outcome/finding.ts';
import type { Services } from './open-services.ts';
import { workspaceCommand, type Command, type CommandContext, type CommandOptions } from './workspace-command.ts';
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
  /** Whether it reads the input, and may leave out records of it. @default false */
  readonly readsInput?: boolean;
  /** Whether no store is asked, and no key needed. @default () => false */
  readonly withoutStores?: (flags: Flags) => boolean;
}

/** Errors of an input of which too much is left out. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'input-nothing-acceptable',
  'records-rejected',
  'too-many-rejected',
] satisfies ErrorCode[]);

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
        const runAt = async (path: string, services: Services, rejects: Finding[]) => {
          const source = readSource(path, undefined, context.root);
          return runOne(options, context, args, { source, spending, services, rejects });
        };
        return everyCorpus(context, options.name, runAt);
      }
      if (given.length === 0) throw usage(`Expected SOURCE${takesAll ? ' or --all' : ''}, found neither`);
      const runGiven = async (rejects: Finding[]) => {
        const source = readSource(given, context.flags.corpus, context.root);
        if (source.configPath !== undefined) refuseSharedNameAt(source.configPath, source.config.name, context.root);
        return runOne(options, context, args, { source, spending, rejects });
      };
      if (context.flags.json || context.flags.format === 'text') return runGiven([]);
      const { attempt } = await import('./every-corpus.ts');
      const outcome = await attempt(context.flags.corpus ?? given.join(' '), '', runGiven);
      return { text: '', json: undefined, exit: outcome.exit, outcomes: [outcome] };
    },
  });
}

/** Runs the command for one corpus. */
async function runOne(
  options: CorpusCommandOptions,
  context: CommandContext,
  args: Arguments,
  {
    source,
    spending,
    services,
    rejects,
  }: Pick<CorpusCommandContext, 'source' | 'spending'> & { readonly services?: Services; readonly rejects: Finding[] },
): Promise<CommandResult> {
  // Loaded late: help, and commands without a corpus, such as `runtime` before every Nx task, need none of it.
  const { openSource } = await import('./open-source.ts');
  const temporary = options.temporary?.(context.flags);
  const withoutStores = options.withoutStores?.(context.flags);
  const opened = openSource(context, source, { temporary, withoutStores, services });
  const { folder } = opened.session;
  const corpus = source.config.name;
  const tellRejects = async (kind: Finding['kind']): Promise<void> => {
    if (options.readsInput !== true || context.flags.json || context.flags.format === 'text') return;
    const { rejectFindings } = await import('../formats/reject-findings.ts');
    const place = temporary === true ? undefined : folder;
    rejects.push(...rejectFindings({ corpus, folder, place, input: source.input, kind }));
  };
  try {
    const result = await options.run({ ...context, ...opened, source, spending }, args);
    await tellRejects('warning');
    return { corpus, ...result };
  } catch (error) {
    if (isIndexingError(error)) error.endCorpus(source.typed);
    if (isIndexingError(error) && LEFT_OUT.has(error.code)) await tellRejects('error');
    throw error;
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
