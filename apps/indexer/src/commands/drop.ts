import { existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { basename, join } from 'node:path';
import { CORPUS_DEFAULTS, IndexingError } from '@lockstep/model';
import { dropCorpus, FILES } from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { corpusFolder } from '../runtime/state-directory.ts';
import { readCorpusConfig } from '../settings/corpus-file.ts';
import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import { dropText } from '../text/drop-text.ts';
import { storedCount } from '../text/stored-count.ts';
import { newRunId } from '../wiring/open-services.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

/** Points or rows deleted by one request. */
const BATCH_ITEMS = 500;

export const drop = workspaceCommand({
  name: 'drop',
  description: 'Deletes all points and rows of one corpus from both stores; asks first',
  flags: ['collection', 'table', 'yes'],
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
        const text = `Neither ${vectors.target} nor ${rows.target} holds anything of ${JSON.stringify(corpus)}.`;
        return { text, json: { ok: true, corpus, deleted: { qdrant: 0, neon: 0 } } };
      }
      const what = `${storedCount('qdrant', points)} from ${vectors.target} and ${storedCount('neon', stored)} from ${rows.target}`;
      if (!flags.yes) await confirm(corpus, what, signal);
      // Before the first deletion: a drop that is cut short must not leave a summary that says in step.
      forget();
      const receipt = await dropCorpus(
        { corpus, clock: SYSTEM_CLOCK, logger, signal },
        { runId: newRunId(), vectors, rows, ledger: await services.ledger(), batchItems: BATCH_ITEMS },
      );
      return { text: dropText(receipt, place.named), json: { ok: true, ...receipt } };
    });
  },
});

interface CorpusPlace {
  readonly corpus: string;
  readonly collection?: string | undefined;
  readonly table?: string | undefined;
  /** Whether a `corpus.json` names it. */
  readonly named: boolean;
}

/** Finds a corpus by its folder or by its name in the workspace; any other argument is a name in the stores. */
function findCorpus(argument: string, root: string): CorpusPlace {
  const path = [join(argument, 'corpus.json'), argument].find(
    (file) => basename(file) === 'corpus.json' && existsSync(file),
  );
  const known = workspaceCorpora(root).find(({ name }) => name === argument);
  const found = path ?? (known === undefined ? undefined : join(root, known.folder, 'corpus.json'));
  if (found === undefined) return { corpus: argument, named: false };
  const { name, collection, table } = readCorpusConfig(found);
  return { corpus: name, collection, table, named: true };
}

/** Asks on the terminal. Fails with `confirmation-needed` if there is none, or if the answer is not the name. */
async function confirm(corpus: string, what: string, signal: AbortSignal): Promise<void> {
  const name = JSON.stringify(corpus);
  if (!process.stdin.isTTY) {
    throw new IndexingError({
      code: 'confirmation-needed',
      message: `This would delete ${what}, all of ${name}; expected a confirmation, found no terminal to ask on. Nothing was deleted.`,
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `Delete ${what}, all of ${name}? Type the name of the corpus to confirm: `;
    // Ctrl+C and Ctrl+D count as an answer: no.
    const answer = await terminal.question(question, { signal }).catch(() => '');
    if (answer.trim() === corpus) return;
  } finally {
    terminal.close();
  }
  throw new IndexingError({
    code: 'confirmation-needed',
    message: `The answer was not the name of the corpus, ${corpus}. Nothing was deleted.`,
  });
}
