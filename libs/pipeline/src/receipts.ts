import type { Calls, ConversionKind, EmbedderIdentity, OverlongMode, RejectCode, StoreName } from '@lockstep/model';

// What the stages and operations report, and write as JSON. The names of the fields are read by other programs and by
// later versions: they do not change.

export interface ValidateReceipt {
  readonly stage: 'validate';
  readonly corpus: string;
  readonly records: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly held: number;
  /** Rejected records by reason, the most frequent first. Receipts of earlier versions have none. */
  readonly rejects?: readonly RejectSum[];
  /** Values that were changed, moved or chosen so that a record could be accepted, by kind. */
  readonly converted?: readonly ConversionSum[];
  /** The shape of the input, and where its fields came from. */
  readonly shape?: ShapeReport;
  /** The files of the input by their shapes; absent where the input is one file. */
  readonly files?: FilesReport;
  /** Accepted chunks with a document; where none has one, a path in the first record that may name it. */
  readonly documents?: { readonly chunks: number; readonly path: string | null };
  /** Accepted records whose id was derived from document and text. */
  readonly derivedIds?: number;
  /** Accepted chunks of which only the beginning is embedded. */
  readonly truncated: number;
  /** Texts that are too long for the model; null where there are none, absent in receipts of earlier versions. */
  readonly overlong?: OverlongTexts | null;
  /** UTF-8 bytes of the accepted texts. */
  readonly textBytes: number;
  readonly embedder: EmbedderIdentity;
  /** Digest of what the corpus wants: ids, content hashes, embedding keys, and what is held. */
  readonly digest: string;
  /** `basisDigest` of what decides the chunks; null if the digest of the input is not known. */
  readonly basis: string | null;
  /** Digest of the input's bytes; null if it is not known, absent in receipts of earlier versions. */
  readonly inputDigest?: string | null;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** A field of a chunk that a path can be given for. */
export type FieldName = 'id' | 'text' | 'document' | 'title' | 'page' | 'created';

/** Where the fields of the records came from. */
export interface ShapeReport {
  /** Name of the shape. */
  readonly shape: string;
  /** Records for each path of each field, the most frequent first, at most a few. */
  readonly from: Readonly<Partial<Record<FieldName, readonly { readonly path: string; readonly count: number }[]>>>;
  /**
   * Where the ids of most records came from: a path, or the paths that they were derived from. Null where no record has an
   * id; absent in receipts of earlier versions.
   */
  readonly idSource?: string | null;
  /** Vectors that were left out of metadata. */
  readonly vectorsLeftOut: number;
  /** Paths of a user that no record has, each with the keys that records do have. */
  readonly missingPaths: readonly { readonly field: FieldName; readonly path: string }[];
  readonly keysFound: readonly string[];
  /** Where records without a text seem to have it; absent where none was looked for or found. */
  readonly likely?: LikelyFields;
}

/** Where records in which no text was found seem to have theirs, or to hold lists of records. */
export interface LikelyFields {
  /** The path with the longest texts of several words. */
  readonly text?: string | undefined;
  /** Paths of lists of objects. */
  readonly lists: readonly string[];
}

/** The files of an input, by the shape that each was read as. */
export interface FilesReport {
  readonly count: number;
  /** Files without a record. */
  readonly empty: number;
  /** That of most files first. */
  readonly shapes: readonly {
    readonly shape: string;
    readonly files: number;
    readonly records: number;
    /** The first file of this shape. */
    readonly example: string;
  }[];
}

/** In what form an input came. */
export interface InputFacts {
  /** `json-lines`: one record a line. `json-values`: one after another, over any number of lines. */
  readonly form: 'json-array' | 'json-object' | 'json-lines' | 'json-values' | 'csv' | 'tsv' | 'parquet';
  /** Of an object, the path of the records in it; null otherwise. */
  readonly records: string | null;
  /** How it was compressed. */
  readonly packing: 'gzip' | 'zstd' | null;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
}

/** Rejected records of one reason, with the first of them. */
export interface RejectSum {
  readonly code: RejectCode;
  readonly count: number;
  readonly example: {
    /** Where the input has several files. */
    readonly file?: string | undefined;
    readonly index: number;
    readonly line: number;
    readonly chunk_id: string | null;
    readonly field: string | null;
    readonly message: string;
  };
}

/** Records that have the id of another record and differ from it otherwise. */
export interface RepeatedIds {
  readonly records: number;
  readonly ids: number;
  readonly example: { readonly chunk_id: string; readonly records: readonly [number, number] };
  /** The paths of `fields.id` that would make the ids unique; null where none was found. */
  readonly uniqueId: readonly string[] | null;
}

/** Conversions of one kind, with the first of them. */
export interface ConversionSum {
  readonly kind: ConversionKind;
  readonly count: number;
  readonly example: {
    /** Where the input has several files. */
    readonly file?: string | undefined;
    readonly index: number;
    readonly line: number;
    readonly field: string;
  };
}

/** What a corpus does with texts that are too long for the model, and why. */
export interface OverlongChoice {
  readonly mode: OverlongMode;
  /**
   * `stated`: in corpus.json or by a flag. `new`: it was never loaded. `loaded`: its runs did so. `unknown`: there is no
   * ledger to ask, so that nothing tells a new corpus from a loaded one.
   */
  readonly because: 'stated' | 'new' | 'loaded' | 'unknown';
}

/** Texts with more tokens than the model reads, what becomes of them, and what they are in windows, whether they become that or not. */
export interface OverlongTexts extends OverlongChoice {
  /** Tokens that the model reads. */
  readonly inputTokensMax: number;
  /** Records with such a text; those that take too many windows are rejected in any mode but `truncate`, and not counted. */
  readonly records: number;
  readonly windows: number;
  /** Tokens of all windows, those that are in the cache included. */
  readonly tokens: number;
}

export interface EmbedReceipt {
  readonly stage: 'embed';
  readonly corpus: string;
  /** Digest of the wanted chunks that the slice was made for. */
  readonly digest: string;
  readonly chunks: number;
  /** Distinct texts; chunks of equal text share a vector. */
  readonly texts: number;
  readonly cached: number;
  readonly embedded: number;
  readonly requests: number;
  /** Tokens that the service charged for. */
  readonly tokens: number;
  /** About how many tokens were not paid for, thanks to the cache. */
  readonly tokensSaved: number;
  /** Texts that the cache lacks and that were not embedded, since `pay` was false. */
  readonly left: number;
  /** Texts that the service refused; `refused.jsonl` names a chunk of each. */
  readonly refused: number;
  /**
   * Texts whose reply was lost, and which may have been paid for in addition to those that were embedded. If the stage
   * fails, the details of its error have their number, with that of texts whose vectors could not be stored.
   */
  readonly possiblyPaid: number;
  readonly calls: Calls;
  readonly model: string;
  /** Host of a service other than the model's own, whose prices are not known; null otherwise. */
  readonly host: string | null;
  readonly dimensions: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/**
 * Why a point or row must be written: what differs from what the corpus wants. `drift`: its labels are right and its
 * content is not.
 */
export type ChangeReason = 'missing' | 'text' | 'model' | 'metadata' | 'projection' | 'drift';

/** What is compared: the labels (ids and hashes), which are cheap to read, or everything that is stored. */
export type Depth = 'labels' | 'content';

/** How many points or rows a plan concerns. */
export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly delete: number;
  readonly unchanged: number;
  readonly held: number;
  readonly kept: number;
  /**
   * Of those to delete, how many have the text of one to add, so that only its id is new. Counted where much would be
   * deleted and something added.
   */
  readonly sameTexts?: number;
  /** Of those to add or change, how many for which reason. */
  readonly reasons: Readonly<Partial<Record<ChangeReason, number>>>;
}

/** What `provision` passes to the loads of its run. It is no input of their cache entries: the nonce files are. */
export interface ProvisionReceipt {
  readonly stage: 'provision';
  readonly corpus: string;
  readonly runId: string;
  /** Undefined without a ledger: when only points are loaded and no Postgres is configured. */
  readonly fence?: number;
  readonly stores: Readonly<Partial<Record<StoreName, ProvisionedStore>>>;
  readonly calls: Calls;
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface ProvisionedStore {
  /** Address of the store. */
  readonly target: string;
  /** Digest of what this store is to contain. */
  readonly digest: string;
  readonly nonce: string;
  /** Points or rows of the corpus in the store. */
  readonly count: number;
  /** Nonce of its stamp; null if it has none. */
  readonly stamp: string | null;
  /** True if stamp and live count say that the store already contains it. */
  readonly inStep: boolean;
  /** How a load compares: the labels of a store without a stamp are not believed (see `Trust`). */
  readonly depth: Depth;
  /** What a load would do. Absent if the store was not compared. */
  readonly plan?: PlanCounts;
}

/** The stores that were looked at, by name. */
export type ProbedStores = Readonly<Partial<Record<StoreName, ProvisionedStore>>>;

export interface LoadReceipt {
  readonly stage: 'load-qdrant' | 'load-neon';
  readonly corpus: string;
  readonly store: StoreName;
  readonly target: string;
  readonly runId: string;
  readonly countBefore: number;
  readonly countAfter: number;
  readonly plan: PlanCounts;
  /** Points or rows written, and deleted, by this load. */
  readonly written: number;
  readonly deleted: number;
  /** Points that were not written because the cache lacks their vector; 0 except in a repair. */
  readonly left: number;
  readonly calls: Calls;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** How much a verify compares; each level includes those before it. */
export const VERIFY_LEVELS = ['counts', 'ids', 'content', 'vectors'] as const;
export type VerifyLevel = (typeof VERIFY_LEVELS)[number];

/**
 * What is wrong with one point or row. `missing`: the corpus wants it, or it is retained in the other store, and it is not
 * there. `orphaned`: it is there and nothing wants it. `stale`: a label, a field or the text differs from the corpus.
 * `apart`: a retained chunk of which the stores have different versions. `vector`: the vector differs from that of the
 * cache, or has another size. `count`: only the counts were compared, and they differ.
 */
export type DifferenceKind = 'missing' | 'orphaned' | 'stale' | 'apart' | 'vector' | 'count';

/** The side that is wrong. */
export type Side = StoreName | 'cache';

export interface Difference {
  readonly store: Side;
  readonly kind: DifferenceKind;
  readonly point_id: string | null;
  readonly chunk_id: string | null;
  /** Fields that differ, where they were compared. */
  readonly fields: readonly string[];
}

/** The verify receipt. The one that `verify` returns and `--json` prints has the first few differences, the file all. */
export interface VerifyReceipt {
  readonly ok: boolean;
  /** The later run that took over, if there is one; what differs may be what it loaded. */
  readonly overtakenBy: string | null;
  readonly corpus: string;
  /** The provisioned run that it belongs to. Absent without a provision or a ledger, and in receipts of earlier versions. */
  readonly fence?: number;
  /** Digest of the chunks that were compared. Absent in receipts of earlier versions. */
  readonly digest?: string;
  /** When the validate began whose chunks were compared. Absent in receipts of earlier versions. */
  readonly validatedAt?: string;
  /** What the input is now; if `changed`, `ok` is false. Absent in receipts of earlier versions. */
  readonly inputNow?: InputNow;
  readonly level: VerifyLevel;
  readonly counts: VerifyCounts;
  /** Accepted chunks that are treated as held, since the embedding service refused their texts. */
  readonly refused: number;
  /** Held and kept chunks in the stores. */
  readonly held: number;
  readonly kept: number;
  readonly targets: Readonly<Partial<Record<StoreName, string>>>;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly calls: Calls;
  /** At level `vectors`: vectors that the cache has from this very store, so that comparing them proves nothing. */
  readonly notComparable: number;
  readonly differencesCount: number;
  /** Differences by the side that is wrong. */
  readonly sides: Readonly<Record<Side, number>>;
  readonly differences: readonly Difference[];
}

/**
 * What an input is now, beside what the last validate read of it. `not-compared`: it cannot be read again (stdin, an address
 * without a SHA-256), it was read in the same run, or it is not known what was read.
 */
export type InputNow = 'as-validated' | 'changed' | 'not-compared';

/** As `InputNow`, where a file of the input may be gone. */
export type InputSince = InputNow | 'missing';

export interface VerifyCounts {
  /** Chunks that the corpus wants. */
  readonly input: number;
  /** Those of them whose vector is in the cache. */
  readonly cache: number;
  /** Points of the corpus; null if Qdrant was not compared. */
  readonly qdrant: number | null;
  /** Rows of the corpus; null if Postgres was not compared. */
  readonly neon: number | null;
}

/** What embedding a corpus would cost, and what the cache saves. */
export interface EmbeddingPlan {
  /** Chunks whose vector is in the cache. */
  readonly cachedChunks: number;
  /** Distinct texts that the cache lacks. */
  readonly texts: number;
  /** Tokens of those texts, or of the windows that it lacks, counted as the service counts them. */
  readonly tokens: number;
  /** About how many tokens are not paid for, thanks to the cache. */
  readonly tokensSaved: number;
}

/** Chunks of a corpus of which the stores hold nothing, and which they hold under other names. */
export interface ChunksElsewhere {
  /** Chunks that were looked for: all of the corpus, or as many of it as one query takes. */
  readonly asked: number;
  /** The corpora that hold some of them with the same content, the one with the most first. */
  readonly corpora: readonly { readonly corpus: string; readonly count: number }[];
}

/** What a run would do. */
export interface CorpusPlan {
  readonly corpus: string;
  /** Accepted chunks; rejected and held records of the input. */
  readonly input: { readonly accepted: number; readonly rejected: number; readonly held: number };
  readonly embedder: EmbedderIdentity;
  /** Texts that are too long for the model; null where there are none. */
  readonly overlong: OverlongTexts | null;
  readonly embedding: EmbeddingPlan;
  /** Chunks that are stored under another name; null where there are none, or the stores hold something of the corpus. */
  readonly elsewhere: ChunksElsewhere | null;
  readonly stores: ProbedStores;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a repair did about retained chunks. */
export interface RetainedRepair {
  /** Points that were made again from their rows. */
  readonly rebuilt: number;
  /** Points without a row that were deleted. */
  readonly deleted: number;
  /** Ids of chunks that were left as they are: the cache lacks their vector, or the row itself was altered. */
  readonly left: readonly string[];
  /** Texts whose reply was lost, and which may have been paid for in addition to those that were embedded. */
  readonly possiblyPaid: number;
}

/** What was read back into the cache. */
export interface RecoverReceipt {
  readonly corpus: string;
  readonly target: string;
  /** Distinct texts of the corpus that the cache lacked. */
  readonly wanted: number;
  readonly recovered: number;
  /** Vectors under a wanted key that cannot be used: of another model or size, zero, or not finite. */
  readonly refused: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a drop deleted. */
export interface DropReceipt {
  readonly corpus: string;
  readonly runId: string;
  readonly deleted: Readonly<Record<StoreName, number>>;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a rename copied to the new name, and deleted under the old one. */
export interface RenameReceipt {
  /** The new name. */
  readonly corpus: string;
  readonly from: string;
  readonly runId: string;
  /** Where it began: `delete` and `done` when an earlier rename was cut short after it had copied, or had deleted, everything. */
  readonly step: 'copy' | 'delete' | 'done';
  readonly copied: Readonly<Record<StoreName, number>>;
  readonly deleted: Readonly<Record<StoreName, number>>;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a put of chunks wrote. */
export interface PutReceipt {
  readonly corpus: string;
  /** Its run in the run table; null where nothing had to be written. */
  readonly runId: string | null;
  readonly chunks: number;
  /** Chunks that both stores had. */
  readonly unchanged: number;
  readonly written: Readonly<Record<StoreName, number>>;
  /** Texts that were embedded, and those whose vector the collection had. */
  readonly embedded: number;
  readonly reused: number;
  /** Tokens that the embedding service charged for. */
  readonly tokens: number;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a deletion of chunks deleted. */
export interface DeleteReceipt {
  readonly corpus: string;
  /** Its run in the run table; null where nothing had to be deleted. */
  readonly runId: string | null;
  readonly chunks: number;
  /** Chunks that neither store had. */
  readonly absent: number;
  readonly deleted: Readonly<Record<StoreName, number>>;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}

/** What a slice of a corpus is like in both stores. */
export interface SliceReport {
  readonly ok: boolean;
  readonly corpus: string;
  /** Chunks of the slice. */
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Where the next slice begins; null after the last. */
  readonly cursor: string | null;
  readonly targets: Readonly<Record<StoreName, string>>;
  readonly startedAt: string;
  readonly durationMs: number;
}
