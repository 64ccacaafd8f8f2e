import type { RunRecord, StoreName } from '@lockstep/model';
import type { PackedTable } from './packed-table.ts';

// What a report shows. Fields may be added; those that are here keep their names and meanings, or `reportVersion` grows.

export interface ReportData {
  readonly reportVersion: 1;
  /** When it was collected. Times are in ISO 8601, UTC. */
  readonly madeAt: string;
  /** Version of the program that collected it. */
  readonly program: string;
  /** Sorted by name. */
  readonly corpora: readonly ReportCorpus[];
  /** What the stores hold of others: corpora that no `corpus.json` names, points or rows of none (null), tables. */
  readonly others: readonly StoredElsewhere[];
  /** The latest runs of all corpora, last started first. */
  readonly runs: readonly ReportRun[];
  /** Columns: see `DIFFERENCE_COLUMNS`. */
  readonly differences: ListedTable;
  /** Columns: see `REJECT_COLUMNS`. */
  readonly rejects: ListedTable;
  /** Oldest first. */
  readonly evaluations: readonly ReportEvaluation[];
  /** What could not be asked or read, and why, without repeats. */
  readonly problems: readonly string[];
}

/** A list of which the report has at most a part. */
export interface ListedTable {
  readonly table: PackedTable;
  readonly listed: number;
  /** All that there are, those that are not listed included. */
  readonly total: number;
}

export const REJECT_COLUMNS = ['corpus', 'file', 'line', 'index', 'chunk', 'code', 'field', 'message'] as const;
export const DIFFERENCE_COLUMNS = ['corpus', 'store', 'kind', 'chunk', 'point', 'fields'] as const;

/** What is said of a corpus and its stores; `bad` and `warning` as `indexer summary` marks them. */
export interface ReportCorpus {
  readonly corpus: string;
  /** Folder of its corpus.json. */
  readonly folder: string;
  readonly state: string;
  readonly mark: 'good' | 'warning' | 'bad';
  readonly says: string;
  readonly advice: string | null;
  /** The command to type next; null for a corpus in step. */
  readonly next: string | null;
  /** When a verify last read both stores, and what it compared, in words. */
  readonly verified: { readonly at: string; readonly compared: string | null } | null;
  /** Chunks; null where it is not known. */
  readonly counts: {
    /** Accepted in the last validate on this machine, else those that the last run counted. */
    readonly input: number | null;
    /** Wanted chunks whose vector was in the cache when a verify on this machine last looked. */
    readonly cache: number | null;
    /** Points and rows now, or null where the store could not be asked. */
    readonly qdrant: number | null;
    readonly neon: number | null;
  };
  readonly targets: Readonly<Partial<Record<StoreName, string>>>;
  readonly model: string | null;
  /** What the last validate on this machine accepted and left out. */
  readonly input: ReportInput | null;
  /** What the last verify on this machine found; null where there was none. */
  readonly compared: {
    readonly at: string;
    readonly level: string;
    readonly differences: number;
    readonly sides: Readonly<Record<string, number>>;
  } | null;
  /** What a run would do now; null where the report was made without plans. */
  readonly plan: ReportPlan | ReportProblem | null;
  /** Lengths of the accepted texts; null before the first validate on this machine. */
  readonly texts: TextLengths | null;
}

export interface ReportInput {
  readonly records: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly held: number;
  readonly textBytes: number;
  /** Rejected records by reason, the most frequent first. */
  readonly rejects: readonly { readonly code: string; readonly count: number }[];
}

export interface ReportProblem {
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export interface ReportPlan {
  readonly stores: Readonly<
    Partial<
      Record<
        StoreName,
        {
          readonly add: number;
          readonly change: number;
          readonly delete: number;
          readonly unchanged: number;
          readonly held: number;
          readonly kept: number;
          readonly reasons: Readonly<Record<string, number>>;
        }
      >
    >
  >;
  /** Texts to embed, their tokens, and what they cost in US dollars; null where the price is not known. */
  readonly texts: number;
  readonly tokens: number;
  readonly dollars: number | null;
  /** About how many tokens the cache saves. */
  readonly tokensSaved: number;
  readonly dollarsSaved: number | null;
  /** Why a run would be refused. */
  readonly refused: ReportProblem | null;
}

/** Lengths of texts. Chunks are in the order of their ids, which are hashes: the first of them are a fair sample. */
export interface TextLengths {
  readonly chunks: number;
  /** How many chunks were measured in characters, and how many of those in tokens. */
  readonly measured: number;
  readonly counted: number;
  /** Tokens that the model reads at once. */
  readonly tokensMax: number | null;
  readonly characters: readonly HistogramBin[];
  readonly tokens: readonly HistogramBin[];
}

/** Items from one value to another, both included. */
export interface HistogramBin {
  readonly from: number;
  readonly upTo: number;
  readonly count: number;
}

/** A run of the run table. */
export interface ReportRun extends Omit<RunRecord, 'digest' | 'shape'> {
  /** `open`: running, or killed. `abandoned`: did not end, and a later run has taken over the corpus. */
  readonly state: 'ended' | 'open' | 'abandoned';
  /** What it paid, in US dollars: as recorded, else with the price of today; null where it is not known. */
  readonly dollars: number | null;
}

/** What an evaluation of the search measured. */
export interface ReportEvaluation {
  readonly corpus: string;
  readonly at: string;
  readonly model: string;
  /** Where the questions came from: a path from the root of the workspace. */
  readonly questionsFrom: string;
  readonly questions: number;
  /** Such as `recall@10`, from 0 to 1, with the interval in which it lies with 95 %. */
  readonly metrics: Readonly<Record<string, { readonly value: number; readonly low: number; readonly high: number }>>;
}

export interface StoredElsewhere {
  readonly store: StoreName;
  readonly target: string;
  /** Null for points or rows of no corpus. */
  readonly corpus: string | null;
  readonly count: number;
}
