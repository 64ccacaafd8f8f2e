import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '@lockstep/model';
import { FILES } from '@lockstep/pipeline';
import { shownPath } from '../runtime/disk-artifacts.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { readJson, workspaceCorpora } from '../settings/workspace-corpora.ts';
import { summaryText, type CorpusReceipts, type ShownReceipts } from '../text/summary-text.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

const STAGES = ['validate', 'embed', 'loadQdrant', 'loadNeon', 'verify'] as const;

const SHOWN_FILE = 'summary.json';

export const summary = workspaceCommand({
  name: 'summary',
  flags: ['state-dir'],
  examples: [
    ['indexer summary', 'What the last loads did'],
    ['indexer summary --json', 'The same, for a program'],
  ],
  async run({ root, stateDirectory, flags }) {
    const shown: ShownReceipts = readJson(join(stateDirectory, SHOWN_FILE)) ?? {};
    // A file that was run without a corpus.json has receipts too, but is no corpus of the workspace.
    const all = workspaceCorpora(root)
      .map(({ name }) => readReceipts(stateDirectory, name))
      .filter(({ verify, loadQdrant, loadNeon }) => (verify ?? loadQdrant ?? loadNeon) !== undefined);
    const now: ShownReceipts = Object.fromEntries(
      all.flatMap((receipts) =>
        STAGES.flatMap((stage) => {
          const receipt = receipts[stage];
          return receipt === undefined ? [] : [[`${receipts.corpus} ${stage}`, receipt.startedAt]];
        }),
      ),
    );
    writeFileSync(join(stateDirectory, SHOWN_FILE), `${JSON.stringify(now, null, 2)}\n`, { mode: 0o600 });
    const ok = all.length > 0 && all.every(({ verify }) => verify?.ok === true);
    return {
      text: summaryText(all, shown, (embed) => embeddingPrice(embed, flags)),
      json: { ok, corpora: all },
      exit: ok ? EXIT.done : EXIT.differ,
    };
  },
});

function readReceipts(stateDirectory: string, corpus: string): CorpusReceipts {
  const read = <Receipt>(name: string) => readJson<Receipt>(join(stateDirectory, corpus, name));
  return {
    corpus,
    folder: shownPath(corpusFolder(stateDirectory, corpus)),
    validate: read(FILES.validateReceipt),
    embed: read(FILES.embedReceipt),
    embeddedHere: read<{ startedAt: string }>(FILES.embeddedHere)?.startedAt,
    loadQdrant: read(FILES.loadQdrantReceipt),
    loadNeon: read(FILES.loadNeonReceipt),
    verify: read(FILES.verifyReceipt),
  };
}
