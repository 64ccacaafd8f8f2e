import { EXIT } from '@lockstep/model';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { warningFindings } from '../formats/verify-findings.ts';
import { hideAddresses } from '../markdown/hide-addresses.ts';
import { documentsText } from '../text/documents-text.ts';
import { planComment } from '../text/comment/plan-comment.ts';
import { failedSection, planSection } from '../text/comment/plan-section.ts';
import { leftOutLines } from '../text/left-out-text.ts';
import { planLine, planText } from '../text/plan-text.ts';
import { hasNothingToDo, planVerdict } from '../text/plan-verdict.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { planRun } from '../wiring/corpus-operations.ts';
import type { CommandResult } from '../outcome/command-result.ts';
import { COST_FLAGS, DELETE_FLAGS, INPUT_FLAGS, MODEL_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const plan = corpusCommand({
  name: 'plan',
  flags: [
    'all',
    ...INPUT_FLAGS,
    'collection',
    'table',
    'payload',
    'deletes',
    ...MODEL_FLAGS,
    'allow-new-ids',
    'strict',
    ...DELETE_FLAGS,
    ...COST_FLAGS,
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer plan my-docs', 'What the next run would do and cost'],
    ['indexer plan --all --max-cost 1', 'Ends with 4 if all corpora would cost more than a dollar'],
  ],
  args: {
    only: {
      type: 'string',
      description: 'Compare only one store; or none, and show what is to be embedded, without asking a store',
      valueHint: 'embed|qdrant|neon',
    },
  },
  formats: ['markdown', 'github'],
  readsInput: true,
  temporary: () => true,
  withoutStores: ({ only }) => only === 'embed',
  async run(context): Promise<CommandResult> {
    const { session, environment } = context;
    const price = embeddingPrice(context.embedder, context.flags);
    const { validate: validated, plan: planned, refused } = await planRun(context);
    const warnings = documentsText(validated, session.settings.deletes);
    const text = [planText(planned, price), ...leftOutLines(validated, undefined), ...warnings].join('\n');
    const verdict = planVerdict(planned, text, price, refused);
    const section = planSection({
      plan: planned,
      validated,
      price,
      refused: refused && {
        code: refused.code,
        message: hideAddresses(refused.message, environment),
        advice: refused.advice,
      },
      warnings,
    });
    const findings = [
      ...(refused === undefined
        ? []
        : [
            {
              kind: 'error',
              title: `plan ${planned.corpus}: ${refused.code}`,
              message: `A run would be refused: ${refused.message} ${refused.advice}`,
            } as const,
          ]),
      ...warningFindings(`plan ${planned.corpus}`, warnings),
    ];
    const says = hasNothingToDo(planned) ? 'nothing to do' : planLine(planned);
    return { ...verdict, section, findings, says };
  },
  comment: ({ context: { flags, environment }, outcomes, notTried }) =>
    planComment({
      sections: outcomes.map(({ corpus, exit, result, error }) => {
        if (result?.section !== undefined) return result.section;
        const { code = 'invariant', message = '', advice = '' } = error ?? {};
        const shown = hideAddresses(message, environment);
        return failedSection(corpus, { code, message: shown, advice }, exit === EXIT.guarded);
      }),
      notTried,
      isCompared: flags.only !== 'embed',
    }),
});
