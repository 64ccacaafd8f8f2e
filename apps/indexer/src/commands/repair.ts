import { embeddingPrice } from '../settings/embedding-price.ts';
import { planVerdict } from '../text/plan-verdict.ts';
import { dryRepairText, repairResult } from '../text/repair-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { planRepair, repair as repairIndex } from '../wiring/corpus-operations.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { CORPUS_FLAGS, DELETE_FLAGS, PAYING_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const repair = corpusCommand({
  name: 'repair',
  flags: [
    'all',
    ...CORPUS_FLAGS,
    'allow-new-ids',
    'dry-run',
    'pay',
    ...DELETE_FLAGS,
    ...PAYING_FLAGS,
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer repair my-docs --dry-run', 'What a repair would do'],
    ['indexer repair my-docs', 'Corrects both stores, and pays for nothing'],
  ],
  temporary: (flags) => flags['dry-run'],
  async run(context): Promise<CommandResult> {
    const { session, source, flags, embedder } = context;
    const price = embeddingPrice(embedder, flags);
    if (flags['dry-run']) {
      const { plan, refused } = await planRepair(context);
      return planVerdict(plan, dryRepairText(plan, price), price, refused);
    }
    return repairResult(await repairIndex(context), price, { folder: session.folder, typed: source.typed });
  },
});
