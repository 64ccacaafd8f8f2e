import { EXIT } from '@lockstep/model';
import { repairCorpus, type CorpusPlan, type RepairReceipts, type RetainedRepair } from '@lockstep/pipeline';
import { withVerdict } from './plan.ts';
import { dollarsText } from '../cost-text.ts';
import { loadText } from '../load-text.ts';
import { planText } from '../plan-text.ts';
import { corpusCommand, type CommandResult } from '../run-command.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { CORPUS_ARGS, COST_ARGS, DELETE_LIMIT_ARGS, PACE_ARGS, REPAIR_ARGS } from '../settings/flags.ts';
import { runLimits } from '../settings/run-limits.ts';
import { verifyText } from '../verify-text.ts';

export const repair = corpusCommand({
  name: 'repair',
  description: 'Brings both stores back to the corpus from the cache and the input, without paying',
  args: { ...CORPUS_ARGS, ...REPAIR_ARGS, ...DELETE_LIMIT_ARGS, ...COST_ARGS, ...PACE_ARGS },
  temporary: (flags) => flags['dry-run'],
  async run({ session, flags, environment, embedder }): Promise<CommandResult> {
    const price = embeddingPrice(embedder, flags, environment);
    const { deletes, guardTokens } = runLimits(flags, environment, embedder);
    const limits = flags.pay ? { deletes, guardTokens } : { deletes };
    if (flags['dry-run']) {
      await session.validate();
      const planned = await session.plan({ trust: 'nothing' });
      return withVerdict(planned, dryText(planned, price), price, limits);
    }
    return repairResult(await repairCorpus(session, { limits, pay: flags.pay }), price, session.folder);
  },
});

/** What a repair did, for people and as JSON. */
export function repairResult(done: RepairReceipts, price: number | undefined, folder: string): CommandResult {
  const { plan, embed, retained, verify } = done;
  const [qdrant, neon] = [done['load-qdrant'], done['load-neon']];
  const inStep = verify.sides.qdrant + verify.sides.neon === 0;
  const lines = [loadText(qdrant), loadText(neon)];
  if (hasWork(retained)) lines.push(retainedText(plan.corpus, retained));
  if (embed.left > 0) lines.push(leftText(plan, price, qdrant.left));
  const unconfirmed = embed.possiblyPaid + retained.possiblyPaid;
  if (unconfirmed > 0) lines.push(`  ${unconfirmed} more texts possibly paid (their reply was lost)`);
  lines.push(inStep ? `${plan.corpus} repair: both stores are in step` : verifyText(verify, folder));
  return {
    text: lines.join('\n'),
    json: { ok: inStep, plan, embed, 'load-qdrant': qdrant, 'load-neon': neon, unmentioned: retained, verify },
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
