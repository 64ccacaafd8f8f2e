import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS_DEFAULTS } from '@lockstep/model';
import { dropCorpus, FILES } from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { knownCorpora } from '../settings/corpora/known-corpora.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { findCorpus } from '../settings/find-corpus.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import { confirm } from '../terminal/confirm.ts';
import { dropText } from '../text/whole-corpus/drop-text.ts';
import { storedCount } from '../text/stored-count.ts';
import { newRunId } from '../wiring/open-services.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

/** Points or rows deleted by one request. */
const BATCH_ITEMS = 500;

export const drop = workspaceCommand({
  name: 'drop',
  flags: ['collection', 'table', 'yes', 'vectors', 'rows', 'state-dir'],
  examples: [
    ['indexer drop my-docs', 'Asks, and deletes the corpus from both stores'],
    ['indexer drop my-docs --yes', 'Deletes it without asking'],
  ],
  args: {
    corpus: { type: 'positional', description: 'Name of a corpus, or a folder with its corpus.json', required: true },
  },
  async run(context, args) {
    const { flags, signal } = context;
    const place = findCorpus(String(args['corpus']), context.root);
    const { corpus } = place;
    return withServices(context, `${corpus} drop`, async (services, logger) => {
      const vectors = await services.vectors(flags.collection ?? place.collection ?? CORPUS_DEFAULTS.collection);
      const rows = await services.rows(flags.table ?? place.table ?? CORPUS_DEFAULTS.table);
      const points = await vectors.count(corpus, { signal });
      const stored = await rows.count(corpus, { signal });
      const forget = () =>
        rmSync(join(corpusFolder(context.stateDirectory, corpus), FILES.verifyReceipt), { force: true });
      if (points + stored === 0) {
        forget();
        const stored = (await rows.census({ signal })).corpora.map(({ corpus: name }) => name);
        const names = [...stored, ...workspaceCorpora(context.root).map(({ name }) => name)];
        const known = names.includes(corpus) ? '' : knownCorpora(corpus, names);
        const text = `Neither ${vectors.target} nor ${rows.target} holds anything of ${JSON.stringify(corpus)}.${known}`;
        return { text, json: { ok: true, corpus, deleted: { qdrant: 0, neon: 0 } } };
      }
      const what = `${storedCount('qdrant', points)} from ${vectors.target} and ${storedCount('neon', stored)} from ${rows.target}`;
      if (!flags.yes) await confirm(corpus, `delete ${what}, all of ${JSON.stringify(corpus)}`, signal);
      // Before the first deletion: a drop that is cut short must not leave a summary that says in step.
      forget();
      const receipt = await dropCorpus(
        { corpus, clock: SYSTEM_CLOCK, logger, signal },
        { runId: newRunId(), vectors, rows, ledger: await services.ledger(), batchItems: BATCH_ITEMS },
      );
      return { text: dropText(receipt, place.file !== undefined), json: { ok: true, ...receipt } };
    });
  },
});
