import { embeddingPrice } from '../settings/embedding-price.ts';
import { COST_FLAGS, DELETE_FLAGS } from '../settings/flags.ts';
import { onlyStore } from '../settings/only-store.ts';
import { runLimits } from '../settings/run-limits.ts';
import { documentsText } from '../text/documents-text.ts';
import { planText } from '../text/plan-text.ts';
import { planVerdict } from '../text/plan-verdict.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const plan = corpusCommand({
  name: 'plan',
  description: 'Shows what a run would change in each store and why, and what it would cost; writes nothing',
  flags: ['all', 'allow-new-ids', 'strict', 'only', ...DELETE_FLAGS, ...COST_FLAGS],
  temporary: () => true,
  async run({ session, flags, embedder, spending }) {
    const price = embeddingPrice(embedder, flags);
    const validated = await session.validate({ strict: flags.strict, reuse: true });
    const planned = await session.plan({ only: onlyStore(flags), trust: 'labels' });
    const text = [planText(planned, price), ...documentsText(validated, session.settings.deletes)].join('\n');
    return planVerdict(planned, text, price, runLimits(flags, embedder, spending));
  },
});
