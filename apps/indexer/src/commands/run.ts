import { EXIT } from '@lockstep/model';
import { overtaken } from '@lockstep/pipeline';
import { costGuard, embedText, rejectsLimit } from './embed.ts';
import { validateText } from './validate.ts';
import { guardPlan } from '../guard-plan.ts';
import { loadText } from '../load-text.ts';
import { planLine } from '../plan-text.ts';
import { corpusCommand, type CommandResult } from '../run-command.ts';
import { costLimit, embeddingPrice } from '../settings/embedding-price.ts';
import {
  CORPUS_ARGS,
  COST_ARGS,
  DELETE_LIMIT_ARGS,
  PACE_ARGS,
  REJECTS_ARG,
  STRICT_ARG,
  VERIFY_ARGS,
} from '../settings/flags.ts';
import { deleteLimit } from '../settings/stage-choices.ts';
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
  async run({ session, flags, environment }): Promise<CommandResult> {
    const { only } = flags;
    const validated = await session.validate({ strict: flags.strict });
    const lines = [validateText(validated, session.folder)];
    const price = embeddingPrice(validated.embedder, flags, environment);
    const limit = costLimit(flags, environment);
    if (only === 'embed') {
      const embedded = await session.embed({
        ...costGuard(validated.embedder.model, price, limit),
        ...rejectsLimit(flags),
      });
      lines.push(embedText(embedded, price));
      return { text: lines.join('\n'), json: { ok: true, validate: validated, embed: embedded } };
    }

    const planned = await session.plan({ only, recheck: false, trustStamps: true });
    guardPlan(planned, { deletes: deleteLimit(flags, environment), price, cost: limit });
    const provisioned = await session.provision({ only });
    const embedded = await session.embed(rejectsLimit(flags));
    lines.push(planLine(planned), embedText(embedded, price));
    const [qdrant, neon] = await bothOrNeither(
      only === 'neon' ? undefined : session.loadQdrant(),
      only === 'qdrant' ? undefined : session.loadNeon(),
    );
    const verified = await session.verify({
      only,
      level: flags.level ?? 'content',
      vectorsEvery: flags['vectors-every'] ?? 1,
    });
    if (!verified.ok && verified.overtakenBy !== null) throw overtaken(provisioned, verified.overtakenBy);
    for (const receipt of [qdrant, neon]) if (receipt !== undefined) lines.push(loadText(receipt));
    lines.push(verifyText(verified, session.folder));
    return {
      text: lines.join('\n'),
      json: {
        ok: verified.ok,
        validate: validated,
        plan: planned,
        embed: embedded,
        provision: provisioned,
        ...(qdrant === undefined ? {} : { 'load-qdrant': qdrant }),
        ...(neon === undefined ? {} : { 'load-neon': neon }),
        verify: verified,
      },
      exit: verified.ok ? EXIT.done : EXIT.differ,
    };
  },
});

/** Lets both loads end before either's failure is told, so that no service is closed under the other. */
async function bothOrNeither<A, B>(first: Promise<A> | undefined, second: Promise<B> | undefined) {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value] as const;
}
