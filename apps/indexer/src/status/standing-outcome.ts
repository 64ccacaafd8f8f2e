import { EXIT } from '@lockstep/model';
import type { CorpusOutcome } from '../outcome/command-result.ts';
import type { CorpusStanding } from './corpus-standing.ts';

/**
 * The state of a corpus, for formats other than text.
 *
 * @param counts what the stores hold now. @default they were not asked
 */
export function standingOutcome(
  { corpus, folder, state, says, advice, next }: CorpusStanding,
  counts: readonly string[] = [],
): CorpusOutcome {
  const isInStep = state === 'in-step';
  const [words = ''] = says.split(':', 1);
  const sentences = [says, ...(advice === null ? [] : [advice]), ...(next === null ? [] : [`Next: ${next}.`])];
  return {
    corpus,
    folder,
    exit: isInStep ? EXIT.done : EXIT.differ,
    result: {
      text: says,
      json: undefined,
      says: [words, ...counts].join(', '),
      findings: isInStep ? [] : [{ kind: 'error', title: corpus, message: sentences.join(' ') }],
    },
  };
}
