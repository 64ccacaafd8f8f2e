import { EXIT } from '@lockstep/model';
import { embedOnly } from '@lockstep/pipeline';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { verifyFindings, warningFindings } from '../formats/verify-findings.ts';
import { rejectsLimit, runLimits } from '../settings/run-limits.ts';
import { documentsText } from '../text/documents-text.ts';
import { embedText } from '../text/embed-text.ts';
import { leftOutLines } from '../text/left-out-text.ts';
import { runLines } from '../text/run-text.ts';
import { validateText } from '../text/validate-text.ts';
import { verdictText } from '../text/verify-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { load } from '../wiring/corpus-operations.ts';
import { ignoredText } from '../wiring/ignored-by-git.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { CORPUS_FLAGS, DELETE_FLAGS, PAYING_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const run = corpusCommand({
  name: 'run',
  flags: [
    'all',
    ...CORPUS_FLAGS,
    'allow-new-ids',
    'strict',
    ...DELETE_FLAGS,
    ...PAYING_FLAGS,
    'max-rejects',
    'level',
    'vectors-every',
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer run chunks.json', 'Loads a file, without a corpus.json'],
    ['indexer run my-docs --max-cost 1', 'Loads a corpus, if that costs at most a dollar'],
  ],
  args: {
    only: {
      type: 'string',
      description: 'Only embed and load nothing, or load only one store',
      valueHint: 'embed|qdrant|neon',
    },
  },
  formats: ['markdown', 'github'],
  readsInput: true,
  async run(context): Promise<CommandResult> {
    const { session, source, root, flags, embedder, spending } = context;
    const price = embeddingPrice(embedder, flags);
    if (flags.only === 'embed') {
      const limits = runLimits(flags, embedder, spending);
      const done = await embedOnly(session, { strict: flags.strict, rejectsMax: rejectsLimit(flags), limits });
      const embedded = embedText(done.embed, price);
      return {
        text: [validateText(done.validate, price), embedded, ...leftOutLines(done.validate, session.folder)].join('\n'),
        brief: [embedded, ...leftOutLines(done.validate, session.folder)].join('\n'),
        json: { ok: true, ...done },
        says: embedded,
      };
    }
    const done = await load(context);
    const { folder, settings } = session;
    const { stages, ...last } = runLines(done, { price, folder, typed: source.typed, deletes: settings.deletes });
    const ignored = ignoredText(source, root);
    const outcome = [...last.outcome, ...ignored];
    const isEmbedShort = done.embed.refused + done.embed.possiblyPaid > 0;
    const { ok, corpus } = done.verify;
    const warnings = [...documentsText(done.validate, settings.deletes), ...ignored];
    return {
      text: [...stages, ...outcome].join('\n'),
      brief: [...(isEmbedShort ? [embedText(done.embed, price)] : []), ...outcome].join('\n'),
      json: { ok, ...done },
      exit: ok ? EXIT.done : EXIT.differ,
      says: verdictText(done.verify),
      findings: [...verifyFindings(done.verify), ...warningFindings(`run ${corpus}`, warnings)],
    };
  },
});
