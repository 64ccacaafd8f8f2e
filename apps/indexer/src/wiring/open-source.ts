import type { EmbedderIdentity } from '@lockstep/model';
import { rememberSource } from '../corpora/file-corpora.ts';
import type { Source } from '../settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { embedderFacts } from '../settings/embedder-facts.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { openCorpusSession, type CorpusSession } from './corpus-session.ts';
import type { Services } from './open-services.ts';
import type { Context } from './resolve-context.ts';

export interface OpenSourceOptions {
  /** Whether it works on temporary files instead of those of the stages. @default false */
  readonly temporary?: boolean | undefined;
  /** Whether no store is asked, and no key needed. @default false */
  readonly withoutStores?: boolean | undefined;
  /** Services that several sessions share, and that this one does not close. @default its own */
  readonly services?: Services | undefined;
}

/** A corpus whose stages can be run. */
export interface OpenedSource {
  readonly session: CorpusSession;
  /** The embedding model and its host, which determine the price of a token. */
  readonly embedder: EmbedderIdentity;
}

/** Opens the corpus that a source names. */
export function openSource(context: Context, source: Source, options: OpenSourceOptions = {}): OpenedSource {
  const { flags, profile, environment } = context;
  const settings = resolveCorpusSettings(source, flags);
  if (source.derivedName?.isHashed === true) {
    const hint = '--corpus gives another name';
    context.reporter.logger(settings.corpus).info('corpus-named', { after: source.input.shown, hint });
  }
  const model = resolveModel(source.config, flags, profile);
  const embedder = embedderFacts(model, profile, environment);
  const price = embeddingPrice(embedder.identity, flags);
  const session = openCorpusSession({ ...context, ...options, settings, model, embedder, price });
  return { session: remembering(session, context, source), embedder: embedder.identity };
}

/** Remembers, before a run writes anything, what a corpus without a `corpus.json` is loaded from: nothing else here names it. */
function remembering(
  session: CorpusSession,
  { stateDirectory, typed, cwd }: Context,
  { given }: Source,
): CorpusSession {
  if (given === undefined) return session;
  return {
    ...session,
    provision(choices) {
      rememberSource(stateDirectory, { name: session.settings.name, given, typed, cwd });
      return session.provision(choices);
    },
  };
}
