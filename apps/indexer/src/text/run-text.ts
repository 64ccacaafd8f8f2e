import type { DeleteMode } from '@lockstep/model';
import type { RunReceipts } from '@lockstep/pipeline';
import { documentsText } from './documents-text.ts';
import { embedText } from './embed-text.ts';
import { leftOutLines } from './left-out-text.ts';
import { loadText } from './load-text.ts';
import { planLine } from './plan-text.ts';
import { validateText } from './validate-text.ts';
import { verifyText } from './verify-text.ts';

export interface RunFacts {
  /** US dollars for a million tokens; undefined if it is not known. */
  readonly price: number | undefined;
  /** Where the files of the corpus are, as people can open it. */
  readonly folder: string;
  /** What stands for the corpus in a command. */
  readonly typed: string;
  readonly deletes: DeleteMode;
}

/** What a run did: a line or more for each stage but the last, and then what it came to. */
export interface RunLines {
  readonly stages: readonly string[];
  readonly outcome: readonly string[];
}

export function runLines(done: RunReceipts, { price, folder, typed, deletes }: RunFacts): RunLines {
  const loads = [done['load-qdrant'], done['load-neon']].filter((load) => load !== undefined);
  return {
    stages: [
      validateText(done.validate, price),
      planLine(done.plan),
      embedText(done.embed, price),
      ...loads.map(loadText),
    ],
    outcome: [
      verifyText(done.verify, { folder, typed }),
      ...leftOutLines(done.validate, folder),
      ...documentsText(done.validate, deletes),
    ],
  };
}
