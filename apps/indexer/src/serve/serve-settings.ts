import type { ServeSettings } from '@lockstep/report';
import { embedderFacts } from '../settings/embedder-facts.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** What the page is told of its server. */
export function serveSettings({ root, flags, profile, environment }: Context): ServeSettings {
  const { identity } = embedderFacts(resolveModel({}, flags, profile), profile, environment);
  const { model, host } = identity;
  return {
    allowWrites: flags['allow-writes'],
    corpora: workspaceCorpora(root),
    embedder: { model, host, dollarsPerMillionTokens: embeddingPrice(identity, flags) ?? null },
  };
}
