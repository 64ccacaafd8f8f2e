import type { ExitCode, IndexingError } from '@lockstep/model';
import type { VerifyReceipt } from '@lockstep/pipeline';
import type { CorpusSection } from '../markdown/pull-request-comment.ts';
import type { Finding } from './finding.ts';

/** Formats for other programs, besides JSON. */
export type DocumentFormat = 'markdown' | 'github' | 'junit';

/** What a command prints on stdout, for people or as JSON, and the exit code it ends with. */
export interface CommandResult {
  readonly text: string;
  /** What is left of the text with `--quiet`: the outcome and warnings. @default the text */
  readonly brief?: string | undefined;
  readonly json: unknown;
  /** @default EXIT.done */
  readonly exit?: ExitCode;
  /** Whether the command has printed its result before it ended. @default false */
  readonly isPrinted?: boolean;
  /** The name of the corpus that it is about. */
  readonly corpus?: string;
  /** How it ended in a few words, for formats other than text. @default what the exit code says */
  readonly says?: string;
  /** What a person should look at, for formats other than text. @default [] */
  readonly findings?: readonly Finding[];
  /** What a plan says of the corpus in a comment on a pull request. */
  readonly section?: CorpusSection;
  /** What was compared, for `--format junit`. */
  readonly verified?: VerifyReceipt;
  /** How it ended for each corpus, where it works on several. */
  readonly outcomes?: readonly CorpusOutcome[];
  /** Corpora that were not tried, since the command was stopped. @default [] */
  readonly notTried?: readonly string[];
}

/** How a command ended for one corpus of the workspace. */
export interface CorpusOutcome {
  /** Its name; where its corpus.json gives none, the folder of that. */
  readonly corpus: string;
  readonly folder: string;
  readonly exit: ExitCode;
  readonly result?: CommandResult;
  readonly error?: IndexingError;
  /** Records that were left out. @default [] */
  readonly rejects?: readonly Finding[];
}
