import { isJsonObject, type Artifacts, type ArtifactWriter, type JsonValue, type Rejection } from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import type { RecordPlace } from '../input/record-place.ts';
import type { StageContext } from '../work/stage-context.ts';

/** Where a record stands; `line` is that of its file on which it starts. */
export interface LinePlace extends RecordPlace {
  readonly line: number;
}

/** Keys that are listed of a record, and UTF-16 units of each. */
const KEYS_MAX = 10;
const KEY_UNITS_MAX = 60;

export interface RejectsFile {
  /** `record` as it was in the input, if that is known. */
  add(where: LinePlace, rejection: Rejection, record?: JsonValue): Promise<void>;
  /** All records that were rejected, listed or not. */
  count(): number;
  close(): Promise<void>;
  discard(): Promise<void>;
}

/** Rejects that are logged one by one; the file has more. */
const LOGGED_MAX = 20;

/** Rejects that the file lists: more than anybody reads. A few kilobytes of gzip may contain millions of bad records. */
export const LISTED_MAX = 100_000;

/**
 * The rejects file: the position of each rejected record, with its file where there are several, its id if it could be read, the field, the reason and the
 * names of its keys; never its text, nor any other value. Beyond `listedMax` (@default LISTED_MAX) records are only counted, and a last line with the code `not-listed` says
 * how many.
 */
export async function createRejectsFile(
  { artifacts, logger }: StageContext,
  listedMax = LISTED_MAX,
): Promise<RejectsFile> {
  const writer: ArtifactWriter = await artifacts.write(FILES.rejects);
  const listed = artifacts.placeOf(FILES.rejects);
  let count = 0;
  return {
    async add({ file, index, line }, { code, field, message, chunkId }, record) {
      count += 1;
      if (count === listedMax + 1) logger.warn('more-rejected-than-listed', { file: listed, listed: listedMax });
      if (count > listedMax) return;
      await writer.write(
        lineOf({ file, index, line, chunk_id: chunkId ?? null, code, field, message, keys: keysOf(record) }),
      );
      if (count <= LOGGED_MAX) logger.warn('record-rejected', { file, index, line, chunkId, code, field, message });
      if (count === LOGGED_MAX + 1) logger.warn('more-records-rejected', { file: listed });
    },
    count: () => count,
    async close() {
      const unlisted = count - listedMax;
      if (unlisted > 0) {
        const message = `${unlisted} more ${unlisted === 1 ? 'record was' : 'records were'} rejected`;
        await writer.write(
          lineOf({ index: null, line: null, chunk_id: null, code: 'not-listed', field: null, message, keys: null }),
        );
      }
      await writer.close();
    },
    discard: () => writer.discard(),
  };
}

/** A sentence that says where rejected records are listed. */
export function whereListed(artifacts: Pick<Artifacts, 'placeOf'>): string {
  const place = artifacts.placeOf(FILES.rejects);
  return place === undefined ? '`indexer validate <corpus>` lists each in a file.' : `${place} lists each.`;
}

interface RejectLine {
  /** Where the input has several files. */
  readonly file?: string | undefined;
  readonly index: number | null;
  readonly line: number | null;
  readonly chunk_id: string | null;
  readonly code: Rejection['code'] | 'not-listed';
  readonly field: string | null;
  readonly message: string;
  /** Of the record, at most a few; null where it is no object. */
  readonly keys: readonly string[] | null;
}

function keysOf(record: JsonValue | undefined): readonly string[] | null {
  if (!isJsonObject(record)) return null;
  return Object.keys(record)
    .slice(0, KEYS_MAX)
    .map((key) => key.slice(0, KEY_UNITS_MAX).toWellFormed());
}

function lineOf(line: RejectLine): string {
  return `${JSON.stringify(line)}\n`;
}
