import type { JsonValue } from '@lockstep/model';
import type { RecordProblem } from './json/parse-json.ts';

/** A record as it stood in the input. `value` is undefined where it is too large to keep, or has a `problem`. */
export interface InputRecord {
  readonly index: number;
  /** 1-based line on which it starts; of Parquet, the row. */
  readonly line: number;
  readonly value: JsonValue | undefined;
  /** NaN, Infinity and -Infinity that became null. */
  readonly nonFinite: number;
  /** Integers beyond 2^53 that became their digits as text. @default 0 */
  readonly largeIntegers?: number | undefined;
  /** Why there is no value, though the input around it is sound. */
  readonly problem?: RecordProblem | undefined;
  /** The key under which it stood, where the records are the members of an object. */
  readonly key?: string | undefined;
}
