import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CORPUS_DEFAULTS, isAddress } from '@lockstep/model';
import { readSource } from '../settings/corpus-file.ts';
import { resolveModel, type ModelSettings } from '../settings/corpus-settings.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import type { Context } from '../wiring/resolve-context.ts';

/** A corpus whose index is asked, and where it is. */
export interface EvaluatedCorpus {
  readonly corpus: string;
  readonly collection: string;
  readonly table: string;
  readonly model: ModelSettings;
  /** The folder in which its questions are looked for. */
  readonly folder: string;
}

/**
 * The corpus that an argument names: as for other commands, or by its name in the stores, since it need not have an input on this
 * machine.
 */
export function evaluatedCorpus(argument: string, { flags, profile, root, cwd }: Context): EvaluatedCorpus {
  const isHere = existsSync(resolve(cwd, argument)) || /[\\/]/.test(argument) || isAddress(argument);
  const isNamed = workspaceCorpora(root).some(({ name }) => name === argument);
  const source = isHere || isNamed ? readSource([argument], flags.corpus, root, cwd) : undefined;
  const config = source?.config;
  return {
    corpus: config?.name ?? flags.corpus ?? argument,
    collection: flags.collection ?? config?.collection ?? CORPUS_DEFAULTS.collection,
    table: flags.table ?? config?.table ?? CORPUS_DEFAULTS.table,
    model: resolveModel(config ?? {}, flags, profile),
    folder: source?.configPath === undefined ? cwd : dirname(source.configPath),
  };
}
