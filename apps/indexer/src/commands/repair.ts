import { EXIT } from '@lockstep/model';
import type { CorpusPlan, RetainedRepair } from '@lockstep/pipeline';
import { withVerdict } from './plan.ts';
import { dollarsText } from '../cost-text.ts';
import { guardPlan } from '../guard-plan.ts';
import { loadText } from '../load-text.ts';
import { planText } from '../plan-text.ts';
import { corpusCommand, type CorpusCommandContext, type CommandResult } from '../run-command.ts';
import { costLimit, embeddingPrice } from '../settings/embedding-price.ts';
import { CORPUS_ARGS, COST_ARGS, DELETE_LIMIT_ARGS, PACE_ARGS, REPAIR_ARGS } from '../settings/flags.ts';
import { deleteLimit } from '../settings/stage-choices.ts';
import { verifyText } from '../verify-text.ts';

export const repair = corpusCommand({
  name: 'repair',
  description: 'Brings both stores back to the corpus from the cache and the input, without paying',
  args: { ...CORPUS_ARGS, ...REPAIR_ARGS, ...DELETE_LIMIT_ARGS, ...COST_ARGS, ...PACE_ARGS },
  temporary: (flags) => flags['dry-run'],
  async run(context): Promise<CommandResult> {
    const { session, flags, environment, embedder } = context;
    const price = embeddingPrice(embedder, flags, environment);
    const limits = {
      deletes: deleteLimit(flags, environment),
      price,
      cost: flags.pay ? costLimit(flags, environment) : undefined,
    };
    await session.validate({ strict: false });
    const planned = await session.plan({ only: undefined, recheck: true, trustStamps: false });
    if (flags['dry-run']) return withVerdict(planned, dryText(planned, price), limits);
    guardPlan(planned, limits);
    return repairStores(context, planned, price);
  },
});

/** Does it, and tells it. */
export async function repairStores(
  { session, flags }: Pick<CorpusCommandContext, 'session' | 'flags'>,
  planned: CorpusPlan,
  price: number | undefined,
): Promise<CommandResult> {
  const run = await session.provision({ only: undefined, kind: 'repair', recheck: true });
  const embedded = await session.embed({ pay: flags.pay });
  // Before the loads, whose stamps count the points.
  const unmentioned = await session.repairRetained(run, { pay: flags.pay });
  const qdrant = await session.loadQdrant({ leaveMissing: true });
  const neon = await session.loadNeon();
  const verified = await session.verify({ only: undefined, level: 'vectors', vectorsEvery: 1 });
  const inStep = verified.sides.qdrant + verified.sides.neon === 0;
  const lines = [loadText(qdrant), loadText(neon)];
  if (hasWork(unmentioned)) lines.push(retainedText(planned.corpus, unmentioned));
  if (embedded.left > 0) lines.push(leftText(planned, price, qdrant.left));
  const lost = embedded.possiblyPaid + unmentioned.possiblyPaid;
  if (lost > 0) lines.push(`  ${lost} more texts possibly paid (their reply was lost)`);
  lines.push(inStep ? `${planned.corpus} repair: both stores are in step` : verifyText(verified, session.folder));
  return {
    text: lines.join('\n'),
    json: {
      ok: inStep,
      plan: planned,
      embed: embedded,
      'load-qdrant': qdrant,
      'load-neon': neon,
      unmentioned,
      verify: verified,
    },
    exit: inStep ? EXIT.done : EXIT.differ,
  };
}

function dryText(planned: CorpusPlan, price: number | undefined): string {
  const text = planText(planned, price);
  return planned.embedding.texts === 0 ? text : `${text}\n${leftText(planned, price, undefined)}`;
}

/** Names what the cache lacks, with its price. */
function leftText({ embedding }: CorpusPlan, price: number | undefined, points: number | undefined): string {
  const { texts, tokens } = embedding;
  const concerns =
    points === undefined ? '' : points === 0 ? '; no point needs one now' : `; ${points} points wait for one`;
  return (
    `  The cache has no vector for ${texts} texts (${tokens} tokens, ${dollarsText(tokens, price)})${concerns}. ` +
    '`indexer cache recover` reads what the collection has of them; --pay embeds them.'
  );
}

function hasWork({ rebuilt, deleted, left }: RetainedRepair): boolean {
  return rebuilt + deleted + left.length > 0;
}

/** Ids of chunks shown on screen. */
const SHOWN = 20;

function retainedText(corpus: string, { rebuilt, deleted, left }: RetainedRepair): string {
  const parts = [`${rebuilt} points made anew from their rows`, `${deleted} points without a row deleted`];
  if (left.length > 0) {
    const more = left.length > SHOWN ? ` and ${left.length - SHOWN} more` : '';
    parts.push(
      `${left.length} left as they are: ${left
        .slice(0, SHOWN)
        .map((id) => JSON.stringify(id))
        .join(', ')}${more}`,
    );
  }
  return `${corpus} held and kept: ${parts.join(', ')}`;
}
