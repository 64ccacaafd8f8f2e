import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { CORPUS_DEFAULTS, CorpusName, IndexingError } from '@lockstep/model';
import { checkRename, FILES, renameCorpus } from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { renameSource } from '../corpora/file-corpora.ts';
import { storedCorpus } from '../corpora/stored-corpus.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { findCorpus, type CorpusPlace } from '../settings/find-corpus.ts';
import { confirm } from '../terminal/confirm.ts';
import { printable } from '../terminal/printable.ts';
import { renameText, renameWork, type RenameHints } from '../text/whole-corpus/rename-text.ts';
import { newRunId } from '../wiring/open-services.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';

/** Chunks that are read and written at once. */
const BATCH_ITEMS = 128;

/** Files of the old name that say what the stores hold of it; its chunks and vectors may stay. */
const OUTDATED_FILES = [
  FILES.run,
  FILES.qdrantNonce,
  FILES.neonNonce,
  FILES.loadQdrantReceipt,
  FILES.loadNeonReceipt,
  FILES.verifyReceipt,
];

export const rename = workspaceCommand({
  name: 'rename',
  flags: ['collection', 'table', 'yes', 'dry-run', 'vectors', 'rows', 'state-dir'],
  examples: [
    ['indexer rename old new --dry-run', 'What a rename would move'],
    ['indexer rename old new', 'Asks, and moves it'],
  ],
  args: {
    old: { type: 'positional', description: 'Name of a corpus, or a folder with its corpus.json', required: true },
    new: { type: 'positional', description: 'Its new name', required: true },
  },
  async run(context, args) {
    const { flags, root, signal } = context;
    const old = storedCorpus(String(args['old']), context);
    const renamed = findCorpus(String(args['new']), root);
    const names = { from: old.corpus, to: newName(renamed.corpus) };
    const places = sharedPlace(old, renamed);
    return withServices(context, `${names.from} rename`, async (services, logger) => {
      const vectors = await services.vectors(flags.collection ?? places.collection);
      const rows = await services.rows(flags.table ?? places.table);
      const stores = { vectors, rows, ledger: await services.ledger() };
      const check = await checkRename(names, stores, { signal });
      const targets = { qdrant: vectors.target, neon: rows.target };
      const work = renameWork(names, check, targets);
      const hints: RenameHints = { oldFile: old.file && relative(process.cwd(), old.file) };
      if (flags['dry-run']) {
        const { step, points, rows: count } = check;
        return {
          text: `This would ${work}.`,
          json: { ok: true, ...names, step, found: { qdrant: points, neon: count }, targets },
        };
      }
      if (!flags.yes && check.step !== 'done') await confirm(names.from, work, signal);
      // Before the first deletion: a rename that is cut short must not leave a summary that says in step.
      const folder = corpusFolder(context.stateDirectory, names.from);
      for (const file of OUTDATED_FILES) rmSync(join(folder, file), { force: true });
      const options = { ...stores, ...names, runId: newRunId(), nonce: newRunId, batchItems: BATCH_ITEMS };
      const receipt = await renameCorpus({ clock: SYSTEM_CLOCK, logger, signal }, options);
      renameSource(context.stateDirectory, names);
      return { text: renameText(receipt, hints), json: { ok: true, ...receipt } };
    });
  },
});

function newName(name: string): string {
  const result = v.safeParse(CorpusName, name);
  if (result.success) return result.output;
  throw new IndexingError({
    code: 'usage',
    message: `The new name ${JSON.stringify(printable(name))}: ${result.issues[0].message}.`,
  });
}

/** The collection and the table of both names: a rename moves nothing to another one. */
function sharedPlace(old: CorpusPlace, renamed: CorpusPlace): { readonly collection: string; readonly table: string } {
  const both = (kind: 'collection' | 'table'): string => {
    const [before = CORPUS_DEFAULTS[kind], after = before] = [
      old[kind] ?? (old.file === undefined ? renamed[kind] : undefined),
      renamed[kind] ?? (renamed.file === undefined ? undefined : CORPUS_DEFAULTS[kind]),
    ];
    if (before === after) return before;
    throw new IndexingError({
      code: 'config-invalid',
      message: `${old.corpus} is in the ${kind} ${before}, and ${renamed.corpus} is to be in ${after}; expected one ${kind} for both.`,
    });
  };
  return { collection: both('collection'), table: both('table') };
}
