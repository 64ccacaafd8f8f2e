import { repairCorpus } from '@lockstep/pipeline';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { DELETE_FLAGS, PAYING_FLAGS } from '../settings/flags.ts';
import { runLimits } from '../settings/run-limits.ts';
import { planVerdict } from '../text/plan-verdict.ts';
import { dryRepairText, repairResult } from '../text/repair-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import type { CommandResult } from '../wiring/workspace-command.ts';

export const repair = corpusCommand({
  name: 'repair',
  description: 'Compares all that both stores hold with input and cache, and corrects it; pays only with --pay',
  flags: ['all', 'allow-new-ids', 'dry-run', 'pay', ...DELETE_FLAGS, ...PAYING_FLAGS],
  temporary: (flags) => flags['dry-run'],
  async run({ session, flags, embedder, spending }): Promise<CommandResult> {
    const price = embeddingPrice(embedder, flags);
    const { deletes, guardTokens } = runLimits(flags, embedder, spending);
    const limits = flags.pay ? { deletes, guardTokens } : { deletes };
    if (flags['dry-run']) {
      await session.validate();
      const planned = await session.plan({ trust: 'nothing' });
      return planVerdict(planned, dryRepairText(planned, price), price, limits);
    }
    return repairResult(await repairCorpus(session, { limits, pay: flags.pay }), price, session.folder);
  },
});
