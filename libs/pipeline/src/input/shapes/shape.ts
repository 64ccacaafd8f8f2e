import type { JsonObject, JsonValue } from '@lockstep/model';
import type { InputRecord } from '../input-record.ts';
import type { RecordsPlace } from '../json/scan-json.ts';

export type { RecordsPlace };

/** What a record's fields are called. Of several paths the first that is set counts; a path is keys joined by dots. */
export interface FieldNames {
  readonly id?: readonly string[];
  readonly text?: readonly string[];
  readonly document?: readonly string[];
  readonly title?: readonly string[];
  readonly page?: readonly string[];
  readonly created?: readonly string[];
}

/** One shape of files of chunks: how it is recognised, where its records are, and what their fields are called. */
export interface Shape extends FieldNames {
  /** Shown in the receipt and the log. */
  readonly name: string;
  /** Who writes such files, for the documents. */
  readonly about: string;
  /** Paths that a record of this shape has; of a list within it one is enough. The more, the more specific. */
  readonly has: readonly (string | readonly string[])[];
  /** Paths that no record of this shape has. @default none */
  readonly hasNot?: readonly string[];
  /** Places where the records may be. @default an array at the top, or one record after another */
  readonly places?: readonly RecordsPlace[];
  /** Objects whose members become metadata of the chunk: `payload` of a point. @default `metadata` */
  readonly metadata?: readonly string[];
  /** Keys at the top of a record that are about the file, and no part of the chunk. Vectors are always left out. */
  readonly leaveOut?: readonly string[];
  /** Makes records of what stands one after another in the input. @default each is a record */
  readonly join?: () => RecordJoiner;
  /** The shape as it is for an input with these first records; undefined where it does not fit. @default the shape itself */
  readonly settle?: (records: readonly JsonValue[], hasText: (record: JsonObject) => boolean) => Shape | undefined;
  /** Makes of one record the records that are in it. @default the record itself */
  readonly unfold?: (record: JsonValue, key: string | undefined) => readonly JsonObject[];
}

/** Makes one record of several that stand one after another. */
export interface RecordJoiner {
  /** Whether an input that begins with this value can be of this shape. */
  begins(value: JsonValue): boolean;
  /** The records that are whole with the next one of the input. */
  take(record: InputRecord): readonly InputRecord[];
  /** What is left at the end of the input. */
  end(): readonly InputRecord[];
}
