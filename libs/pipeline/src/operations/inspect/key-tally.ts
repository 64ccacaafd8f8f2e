import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';

/** What the values of a key are. */
export type ValueKind = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'null';

/** A key that records have, with what its values look like. */
export interface KeySummary {
  /** Keys joined by dots. */
  readonly path: string;
  /** Records that have it with a value other than null. */
  readonly records: number;
  readonly kinds: readonly ValueKind[];
  /** UTF-16 units of its texts, on average; null where it has none. */
  readonly meanUnits: number | null;
  /** One value, shortened. */
  readonly example: string | number | boolean | null;
}

/** Different keys that are counted; a file whose keys are data, such as ids, has more. */
const KEYS_MAX = 500;

/** Objects within objects that are looked into. */
const DEPTH_MAX = 3;

/** UTF-16 units of an example. */
const EXAMPLE_UNITS = 40;

interface Counts {
  records: number;
  readonly kinds: Set<ValueKind>;
  texts: number;
  units: number;
  example: KeySummary['example'];
}

/** Counts the keys of records, within bounds. */
export function createKeyTally() {
  const keys = new Map<string, Counts>();
  let isWhole = true;

  function add(members: JsonObject, prefix: string, depth: number): void {
    for (const [key, value] of Object.entries(members)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      if (isJsonObject(value) && depth < DEPTH_MAX) {
        add(value, path, depth + 1);
        continue;
      }
      let known = keys.get(path);
      if (known === undefined) {
        if (keys.size === KEYS_MAX) {
          isWhole = false;
          continue;
        }
        keys.set(path, (known = { records: 0, kinds: new Set(), texts: 0, units: 0, example: null }));
      }
      if (value === null) continue;
      known.records += 1;
      known.kinds.add(kindOf(value));
      known.example ??= exampleOf(value);
      if (typeof value !== 'string') continue;
      known.texts += 1;
      known.units += value.length;
    }
  }

  return {
    add: (members: JsonObject): void => add(members, '', 0),
    /** The most frequent first. */
    keys: (): readonly KeySummary[] =>
      [...keys]
        .map(([path, { records, kinds, texts, units, example }]) => {
          const meanUnits = texts === 0 ? null : Math.round(units / texts);
          return { path, records, kinds: [...kinds], meanUnits, example };
        })
        .toSorted((a, b) => b.records - a.records),
    /** Whether there were no more keys than are counted. */
    isWhole: () => isWhole,
  };
}

function kindOf(value: JsonValue): ValueKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean' | 'object');
}

function exampleOf(value: JsonValue): KeySummary['example'] {
  if (typeof value === 'object') return value === null ? null : shortened(JSON.stringify(value));
  return typeof value === 'string' ? shortened(value) : value;
}

function shortened(text: string): string {
  return text.length > EXAMPLE_UNITS ? `${text.slice(0, EXAMPLE_UNITS).toWellFormed()}...` : text;
}
