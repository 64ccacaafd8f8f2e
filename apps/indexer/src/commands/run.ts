import { EXIT } from '@lockstep/model';
import { embedOnly, runCorpus } from '@lockstep/pipeline';
import { embedText, rejectsLimit } from './embed.ts';
import { validateText } from './validate.ts';
import { loadText } from '../load-text.ts';
import { planLine } from '../plan-text.ts';
import { corpusCommand, type CommandResult } from '../run-command.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import {
  CORPUS_ARGS,
  COST_ARGS,
  DELETE_LIMIT_ARGS,
  PACE_ARGS,
  REJECTS_ARG,
  STRICT_ARG,
  VERIFY_ARGS,
} from '../settings/flags.ts';
import { runLimits } from '../settings/run-limits.ts';
import { verifyText } from '../verify-text.ts';

export const run = corpusCommand({
  name: 'run',
  description: 'Does everything for one corpus or one file: validate, embed, provision, both loads, verify',
  args: {
    ...CORPUS_ARGS,
    ...STRICT_ARG,
    ...DELETE_LIMIT_ARGS,
    ...COST_ARGS,
    ...PACE_ARGS,
    ...REJECTS_ARG,
    ...VERIFY_ARGS,
    only: {
      type: 'string',
      description: 'One part alone: embed no store, or load one',
      valueHint: 'embed|qdrant|neon',
    },
  },
  async run({ session, flags, environment, embedder }): Promise<CommandResult> {
    const { only, strict } = flags;
    const rejectsMax = rejectsLimit(flags);
    const limits = runLimits(flags, environment, embedder);
    const price = embeddingPrice(embedder, flags, environment);
    if (only === 'embed') {
      const done = await embedOnly(session, { strict, rejectsMax, limits });
      const lines = [validateText(done.validate, session.folder), embedText(done.embed, price)];
      return { text: lines.join('\n'), json: { ok: true, ...done } };
    }
    const level = flags.level ?? 'content';
    const verify = { level, vectorsEvery: flags['vectors-every'] };
    const done = await runCorpus(session, { only, strict, rejectsMax, limits, verify });
    const lines = [validateText(done.validate, session.folder), planLine(done.plan), embedText(done.embed, price)];
    for (const load of [done['load-qdrant'], done['load-neon']]) if (load !== undefined) lines.push(loadText(load));
    lines.push(verifyText(done.verify, session.folder));
    const { ok } = done.verify;
    return { text: lines.join('\n'), json: { ok, ...done }, exit: ok ? EXIT.done : EXIT.differ };
  },
});
