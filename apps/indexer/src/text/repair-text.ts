import { counted, EXIT } from '@lockstep/model';
import type { CorpusPlan, RepairReceipts, RetainedRepair } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';
import { possiblyPaidText } from './embed-text.ts';
import { loadText } from './load-text.ts';
import { planText } from './plan-text.ts';
import { verifyText, type VerifyTextOptions } from './verify-text.ts';
import type { CommandResult } from '../outcome/command-result.ts';

/** What a repair did, for people and as JSON. */
export function repairResult(done: RepairReceipts, price: number | undefined, shown: VerifyTextOptions): CommandResult {
  const { plan, embed, retained, verify } = done;
  const [qdrant, neon] = [done['load-qdrant'], done['load-neon']];
  const inStep = verify.sides.qdrant + verify.sides.neon === 0;
  const lines = [loadText(qdrant), loadText(neon), ...retainedText(plan.corpus, retained)];
  const verdict = inStep ? `${plan.corpus} repair: both stores are in step` : verifyText(verify, shown);
  const outcome = [
    ...(embed.left > 0 ? [missingVectorsText(plan, price, qdrant.left)] : []),
    `${verdict}${possiblyPaidText(embed.possiblyPaid + retained.possiblyPaid)}`,
  ];
  return {
    text: [...lines, ...outcome].join('\n'),
    brief: outcome.join('\n'),
    json: { ok: inStep, plan, embed, 'load-qdrant': qdrant, 'load-neon': neon, unmentioned: retained, verify },
    exit: inStep ? EXIT.done : EXIT.differ,
  };
}

/** A plan of a repair, with the vectors that the cache lacks. */
export function dryRepairText(planned: CorpusPlan, price: number | undefined): string {
  const text = planText(planned, price);
  return planned.embedding.texts === 0 ? text : `${text}\n${missingVectorsText(planned, price, undefined)}`;
}

/** How many vectors the cache lacks and their price; `points` are those not written for that reason, where known. */
function missingVectorsText({ embedding }: CorpusPlan, price: number | undefined, points: number | undefined): string {
  const { texts, tokens } = embedding;
  const concerns =
    points === undefined
      ? ''
      : points === 0
        ? '; no point needs one now'
        : `; ${counted(points, 'point')} not written for that reason`;
  return (
    `  The cache has no vector for ${counted(texts, 'text')} (${costText(tokens, price)})${concerns}. ` +
    '`indexer cache recover <corpus>` reads those that the collection has; --pay embeds the rest.'
  );
}

/** Ids of chunks shown on screen. */
const SHOWN = 20;

/** What was done about chunks that are held or kept; no line where there was nothing to do. */
function retainedText(corpus: string, { rebuilt, deleted, left }: RetainedRepair): string[] {
  if (rebuilt + deleted + left.length === 0) return [];
  const parts = [
    `${counted(rebuilt, 'point')} written again from rows`,
    `${counted(deleted, 'point')} without a row deleted`,
  ];
  if (left.length > 0) {
    const more = left.length > SHOWN ? ` and ${left.length - SHOWN} more` : '';
    const shown = left.slice(0, SHOWN).map((id) => JSON.stringify(id));
    parts.push(`${left.length} left as they are: ${shown.join(', ')}${more}`);
  }
  return [`${corpus} held and kept chunks: ${parts.join(', ')}`];
}
