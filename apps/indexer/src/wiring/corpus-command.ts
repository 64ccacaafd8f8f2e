import type { CommandDef } from 'citty';
import type { EmbedderIdentity } from '@lockstep/model';
import type { CorpusSession } from './corpus-session.ts';
import { workspaceCommand, type CommandContext, type CommandOptions } from './workspace-command.ts';
import { createConsoleLogger } from '../terminal/console-logger.ts';
import { readSource, type Source } from '../settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { embedderFacts } from '../settings/embedder-facts.ts';
import { COMMON_FLAGS, CORPUS_FLAGS, type Flags } from '../settings/flags.ts';

export interface CorpusCommandContext extends CommandContext {
  /** The embedding model and its host, which determine the price of a token. */
  readonly embedder: EmbedderIdentity;
  readonly session: CorpusSession;
  readonly source: Source;
}

interface CorpusCommandOptions extends CommandOptions<CorpusCommandContext> {
  /** Whether it works on temporary files instead of those of the stages. @default () => false */
  readonly temporary?: (flags: Flags) => boolean;
}

/** A command that works on one corpus. */
export function corpusCommand(options: CorpusCommandOptions): CommandDef {
  return workspaceCommand({
    ...options,
    flags: [...CORPUS_FLAGS, ...COMMON_FLAGS, ...(options.flags ?? [])],
    args: {
      source: {
        type: 'positional',
        description:
          'A corpus.json, a folder with one, or the name of a corpus in the workspace; or chunks: files, a folder, a pattern of paths, an http(s) address, or - for stdin',
        required: true,
        valueHint: 'corpus.json|chunks.json...',
      },
      ...options.args,
    },
    severalSources: true,
    async run(context, args) {
      const { flags, profile, environment } = context;
      const source = readSource(args['_'] as readonly string[], flags.corpus, context.root);
      const settings = resolveCorpusSettings(source, flags);
      if (source.derivedName?.isHashed === true) {
        const logger = createConsoleLogger({ verbose: flags.verbose, prefix: settings.corpus });
        logger.info('corpus-named', { after: source.input.shown, hint: '--corpus gives another name' });
      }
      const model = resolveModel(source.config, flags, profile);
      const embedder = embedderFacts(model, profile, environment);
      const temporary = options.temporary?.(flags) ?? false;
      // Loaded late: help, and commands without a corpus, such as `runtime` before every Nx task, need none of it.
      const { openCorpusSession } = await import('./corpus-session.ts');
      const session = openCorpusSession({ ...context, settings, model, embedder, verbose: flags.verbose, temporary });
      try {
        return await options.run({ ...context, embedder: embedder.identity, session, source }, args);
      } finally {
        await session.close();
      }
    },
  });
}
