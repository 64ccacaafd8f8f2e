import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS_DEFAULTS, IndexingError, type Ledger } from '@lockstep/model';
import { dropCorpus, FILES, remembered } from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { corporaHere } from '../corpora/corpora-here.ts';
import { forgetSource } from '../corpora/file-corpora.ts';
import { storedCorpus, type StoredCorpus } from '../corpora/stored-corpus.ts';
import { knownCorpora } from '../settings/corpora/known-corpora.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import { confirm } from '../terminal/confirm.ts';
import { printable } from '../terminal/printable.ts';
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
    ['indexer drop chunks.json --yes', 'Deletes what was loaded from a file, without asking'],
  ],
  args: {
    corpus: {
      type: 'positional',
      description: 'Name of a corpus, a folder with its corpus.json, or the file of chunks that it was loaded from',
      required: true,
    },
  },
  async run(context, args) {
    const { flags, root, stateDirectory, signal } = context;
    const argument = String(args['corpus']);
    const place = storedCorpus(argument, context);
    const { corpus } = place;
    return withServices(context, `${corpus} drop`, async (services, logger) => {
      const vectors = await services.vectors(flags.collection ?? place.collection ?? CORPUS_DEFAULTS.collection);
      const rows = await services.rows(flags.table ?? place.table ?? CORPUS_DEFAULTS.table);
      const ledger = await services.ledger();
      const points = await vectors.count(corpus, { signal });
      const stored = await rows.count(corpus, { signal });
      const forget = () => rmSync(join(corpusFolder(stateDirectory, corpus), FILES.verifyReceipt), { force: true });
      if (points + stored === 0) {
        const inRows = (await rows.census({ signal })).corpora.map(({ corpus: name }) => name);
        const names = [...inRows, ...corporaHere(context).map(({ name }) => name)];
        const text = `Neither ${vectors.target} nor ${rows.target} holds anything of ${JSON.stringify(printable(corpus))}.`;
        if (!names.includes(corpus) && (await ledger.fenceHolder(corpus, { signal })) === undefined) {
          const { meant = corpus } = place;
          const known = names.includes(meant) ? ` Did you mean ${JSON.stringify(meant)}?` : knownCorpora(corpus, names);
          throw new IndexingError({ code: 'corpus-unknown', message: `${text}${known}` });
        }
        forget();
        forgetSource(stateDirectory, corpus);
        return { text, json: { ok: true, corpus, deleted: { qdrant: 0, neon: 0 } } };
      }
      await refuseOtherInput(argument, place, ledger, signal);
      const what = `${storedCount('qdrant', points)} from ${vectors.target} and ${storedCount('neon', stored)} from ${rows.target}`;
      if (!flags.yes) await confirm(corpus, `delete ${what}, all of ${JSON.stringify(corpus)}`, signal);
      // Before the first deletion: a drop that is cut short must not leave a summary that says in step.
      forget();
      const receipt = await dropCorpus(
        { corpus, clock: SYSTEM_CLOCK, logger, signal },
        { runId: newRunId(), vectors, rows, ledger, batchItems: BATCH_ITEMS },
      );
      forgetSource(stateDirectory, corpus);
      const isNamed = workspaceCorpora(root).some(({ name }) => name === corpus);
      return { text: dropText(receipt, isNamed), json: { ok: true, ...receipt } };
    });
  },
});

/** A file of the same name may be another one: what would be deleted is then not what was meant. */
async function refuseOtherInput(
  argument: string,
  { corpus, input }: StoredCorpus,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  if (input === undefined) return;
  const before = (await remembered(corpus, ledger, { signal })).input;
  if (before === undefined || before === input) return;
  const message =
    `${corpus} was loaded from ${JSON.stringify(printable(before))}, and not from ${JSON.stringify(printable(argument))}. ` +
    `Nothing was deleted; \`indexer drop ${corpus}\` drops it.`;
  throw new IndexingError({ code: 'corpus-unknown', message });
}
