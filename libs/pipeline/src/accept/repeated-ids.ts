import { COLUMNS, counted, IndexingError, isJsonObject, type JsonValue } from '@lockstep/model';
import type { RepeatedIds } from '../receipts.ts';
import { chunkIdOf, type Entry } from '../files/chunk-entry.ts';
import { placeText, recordNumber, type RecordPlace } from '../input/record-place.ts';

/** Fields that are tried for telling records of one id apart. */
const CANDIDATES_MAX = 24;

/** Records of one id whose values are compared; of more the others are not looked at. */
const GROUP_MAX = 2_000;

/** UTF-16 units of an id that a message shows. */
const SHOWN_UNITS = 60;

/** Names that say which document a record is of, before any other field. */
const DOCUMENT = /^(document_id|doc_?id|url|uri|source|file|path|filename|file_?name|file_?path|title|chapter_title)$/i;

/**
 * Looks at records that have the same id and differ otherwise, one group after another, and finds the fields that would
 * make the id unique together with it. Memory is bounded by one group.
 */
export function createRepeatedIds() {
  let candidates: Map<string, Set<string>> | undefined;
  let members = 0;
  let repeated = 0;
  let ids = 0;
  let example: { readonly chunkId: string; readonly records: readonly [number, number] } | undefined;
  let pointId: string | undefined;

  function compare(fields: ReadonlyMap<string, string>): void {
    if (candidates === undefined) {
      candidates = new Map([...fields.keys()].slice(0, CANDIDATES_MAX).map((name) => [name, new Set<string>()]));
    }
    for (const [name, seen] of candidates) {
      const value = fields.get(name);
      if (value === undefined || seen.has(value)) candidates.delete(name);
      else seen.add(value);
    }
  }

  /** What was found. `pathOf`: where a record has a field of a chunk. */
  function report(pathOf: RecordLookup['pathOf']): RepeatedIds {
    const names = [...(candidates?.keys() ?? [])].toSorted((a, b) => rank(a) - rank(b));
    const best = names.map(pathOf).find((path) => path !== undefined);
    const idPath = pathOf('chunk_id');
    const { chunkId = '', records = [0, 0] } = example ?? {};
    const uniqueId = best === undefined || idPath === undefined ? null : [best, idPath];
    return { records: repeated, ids, example: { chunk_id: chunkId, records }, uniqueId };
  }

  return {
    /** Two records of one id: the first, and one that differs from it. */
    add(first: Entry, other: Entry): void {
      repeated += 1;
      if (pointId !== first.pointId) {
        pointId = first.pointId;
        ids += 1;
        members = 0;
        for (const seen of candidates?.values() ?? []) seen.clear();
        example ??= { chunkId: chunkIdOf(first), records: [first.index, other.index] };
        compare(fieldsOf(first));
      }
      members += 1;
      if (members < GROUP_MAX) compare(fieldsOf(other));
    },
    count: () => repeated,
    report,
    /**
     * The error of an input whose ids are not unique, with the line to add to corpus.json. `pathOf`: where a record has a
     * field of a chunk; `placeOf`: where a record stands.
     */
    error({ pathOf, placeOf }: RecordLookup): IndexingError {
      const { uniqueId, example: shownExample } = report(pathOf);
      const { chunk_id: chunkId, records } = shownExample;
      const shown = JSON.stringify(chunkId.slice(0, SHOWN_UNITS));
      const advice =
        uniqueId === null
          ? 'No field tells them apart: give each record an id of its own.'
          : `The id is unique together with ${uniqueId[0]}; add to corpus.json: "fields": { "id": ${JSON.stringify(uniqueId)} }`;
      return new IndexingError({
        code: 'id-not-unique',
        message:
          `${repeated === 1 ? '1 record has the id of another record and differs' : `${repeated} records have the id of another record and differ`} from it (${counted(ids, 'id')}; for example ${shown} in ` +
          `${both(placeOf(records[0]), placeOf(records[1]))}). ${advice}`,
        details: { repeated, ids },
      });
    },
  };
}

/** Looks up records by their numbers, and fields by their names. */
interface RecordLookup {
  readonly pathOf: (name: string) => string | undefined;
  readonly placeOf: (index: number) => RecordPlace;
}

function both(first: RecordPlace, other: RecordPlace): string {
  if (first.file === undefined) return `records ${recordNumber(first.index)} and ${recordNumber(other.index)}`;
  return `${placeText(first)} and ${placeText(other)}`;
}

function rank(name: string): number {
  return DOCUMENT.test(name.split('.').at(-1) as string) ? 0 : 1;
}

/** The scalars of a chunk but its id and text, by their names. */
function fieldsOf(entry: Entry): ReadonlyMap<string, string> {
  const { text: _text, chunk_id: _id, metadata, ...line } = JSON.parse(entry.line) as Record<string, JsonValue>;
  const fields = new Map<string, string>();
  const add = (name: string, value: JsonValue | undefined): void => {
    if (typeof value === 'string' || typeof value === 'number') fields.set(name, String(value));
  };
  for (const name of COLUMNS) add(name, line[name]);
  if (isJsonObject(metadata)) for (const [name, value] of Object.entries(metadata)) add(name, value);
  return fields;
}
