import { isIndexingError, type Artifacts, type IndexingError } from '@lockstep/model';
import { corpusVerdict, createProjection, type CorpusVerdict } from '@lockstep/pipeline';
import type { KnownCorpus } from '../corpora/corpora-here.ts';
import { inputSince } from '../input/input-since.ts';
import { createDiskArtifacts } from '../runtime/disk-artifacts.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { NO_TEMPORARIES } from '../runtime/temporaries.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import type { Flags } from '../settings/flags.ts';
import type { Profile } from '../settings/profile.ts';
import type { Services } from '../wiring/open-services.ts';

/** What the last run of a corpus came to. */
export interface JudgedCorpus extends KnownCorpus {
  /** Undefined where its `corpus.json` is wrong. */
  readonly verdict: CorpusVerdict | undefined;
  /** What is wrong with its `corpus.json`. */
  readonly problem?: IndexingError;
}

export interface JudgeOptions {
  readonly root: string;
  readonly stateDirectory: string;
  readonly flags: Flags;
  readonly profile: Profile;
  readonly services: Pick<Services, 'ledger' | 'targets'>;
  readonly signal: AbortSignal;
  /** The files of a corpus. @default those in the state directory */
  readonly artifactsOf?: ((corpus: string) => Artifacts) | undefined;
}

/** Settings need no input. */
export const NO_INPUT = { parts: [], shown: '', leftOut: [] };

/** Asks the ledger and the files of this machine what the last run of each corpus came to. Writes nothing, and asks no store. */
export async function workspaceVerdicts(
  corpora: readonly KnownCorpus[],
  options: JudgeOptions,
): Promise<JudgedCorpus[]> {
  const { flags, profile, services, signal } = options;
  const { artifactsOf = (corpus) => artifactsIn(options.stateDirectory, corpus) } = options;
  const judged: JudgedCorpus[] = [];
  for (const corpus of corpora) {
    const { name, input } = corpus;
    try {
      const config = corpus.config();
      const { collection, table, ...own } = resolveCorpusSettings({ config, input: NO_INPUT }, flags);
      const { model } = resolveModel(config, flags, profile);
      const verdict = await corpusVerdict(name, {
        artifacts: artifactsOf(name),
        ledger: services.ledger,
        targets: () => services.targets({ collection, table }),
        projection: createProjection({ corpus: name, model, fields: own.payload }).id,
        deletes: own.deletes,
        inputSince: (validated) => inputSince(validated, input, signal),
        signal,
      });
      judged.push({ ...corpus, verdict });
    } catch (error) {
      if (!isIndexingError(error) || signal.aborted) throw error;
      judged.push({ ...corpus, verdict: undefined, problem: error });
    }
  }
  return judged;
}

function artifactsIn(stateDirectory: string, corpus: string): Artifacts {
  return createDiskArtifacts(corpusFolder(stateDirectory, corpus), NO_TEMPORARIES);
}
