import { embeddingPrice } from '../settings/embedding-price.ts';
import { DELETE_FLAGS, PAYING_FLAGS } from '../settings/flags.ts';
import { planVerdict } from '../text/plan-verdict.ts';
import { dryRepairText, repairResult } from '../text/repair-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { planRepair, repair as repairIndex } from '../wiring/corpus-operations.ts';
import type { CommandResult } from '../wiring/workspace-command.ts';

export const repair = corpusCommand({
  name: 'repair',
  description: 'Compares all that both stores hold with input and cache, and corrects it; pays only with --pay',
  flags: ['all', 'allow-new-ids', 'dry-run', 'pay', ...DELETE_FLAGS, ...PAYING_FLAGS],
  temporary: (flags) => flags['dry-run'],
  async run(context): Promise<CommandResult> {
    const { session, flags, embedder } = context;
    const price = embeddingPrice(embedder, flags);
    if (flags['dry-run']) {
      const { plan, refused } = await planRepair(context);
      return planVerdict(plan, dryRepairText(plan, price), price, refused);
    }
    return repairResult(await repairIndex(context), price, session.folder);
  },
});
