import { join } from 'node:path';
import { didYouMean, EXIT, IndexingError } from '@lockstep/model';
import { FILES } from '@lockstep/pipeline';
import { shownPath } from '../runtime/disk-artifacts.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { corporaHere, type KnownCorpus } from '../corpora/corpora-here.ts';
import { readJson } from '../settings/workspace-corpora.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { corpusStanding } from './corpus-standing.ts';
import { standingOutcome } from './standing-outcome.ts';
import { summaryText, type CorpusReceipts, type Summarised } from './summary-text.ts';
import { workspaceVerdicts, type JudgeOptions } from './workspace-verdicts.ts';

/**
 * What the last run of each corpus came to: for people, as JSON, and as an exit code, which is 0 only if all are in step.
 * The stores are not asked: a corpus is in step if nothing has been run since a verify that read both.
 *
 * @param names the corpora to tell of; undefined for all of the workspace
 */
export async function summarise(options: JudgeOptions, names?: readonly string[]): Promise<CommandResult> {
  const { stateDirectory, flags } = options;
  const corpora = chosenCorpora(corporaHere(options), names);
  const judged = await workspaceVerdicts(corpora, options);
  const told: Summarised[] = judged.map((corpus) => ({
    standing: corpusStanding(corpus),
    receipts: readReceipts(stateDirectory, corpus.name),
  }));
  const ok = told.length > 0 && told.every(({ standing }) => standing.state === 'in-step');
  return {
    text: summaryText(told, { isAll: names === undefined, priceOf: (embed) => embeddingPrice(embed, flags) }),
    json: {
      ok,
      corpora: told.map(({ standing, receipts }) => ({ ...receipts, ...standing, folder: receipts.folder })),
    },
    exit: ok ? EXIT.done : EXIT.differ,
    outcomes: told.map(({ standing }) => standingOutcome(standing)),
  };
}

/** Those of some names or folders. Fails with `usage` for one that is not known. */
function chosenCorpora(all: readonly KnownCorpus[], names: readonly string[] | undefined): readonly KnownCorpus[] {
  if (names === undefined) return all;
  const known = all.map(({ name }) => name);
  const unknown = names.find((each) => !all.some(({ name, folders }) => each === name || folders.includes(each)));
  if (unknown === undefined) {
    return all.filter(({ name, folders }) => [name, ...folders].some((each) => names.includes(each)));
  }
  const message = `--corpora: no corpus has the name ${JSON.stringify(unknown)}.${didYouMean(unknown, known)} Expected some of ${known.join(', ')}.`;
  throw new IndexingError({ code: 'usage', message });
}

function readReceipts(stateDirectory: string, corpus: string): CorpusReceipts {
  const read = <Receipt>(name: string) => readJson<Receipt>(join(stateDirectory, corpus, name));
  return {
    folder: shownPath(corpusFolder(stateDirectory, corpus)),
    validate: read(FILES.validateReceipt),
    embed: read(FILES.embedReceipt),
    embeddedHere: read<{ startedAt: string }>(FILES.embeddedHere)?.startedAt,
    provision: read(FILES.run),
    loadQdrant: read(FILES.loadQdrantReceipt),
    loadNeon: read(FILES.loadNeonReceipt),
    verify: read(FILES.verifyReceipt),
  };
}
