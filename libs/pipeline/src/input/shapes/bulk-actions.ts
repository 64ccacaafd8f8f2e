import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';
import type { InputRecord } from '../input-record.ts';
import type { RecordJoiner } from './shape.ts';

/** What a line of Elasticsearch's bulk API says of the next (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk, 2026-11). */
const ACTIONS = ['index', 'create', 'update', 'delete'] as const;

interface Action {
  readonly name: (typeof ACTIONS)[number];
  /** `_id`, `_index` and what else is said of the document. */
  readonly about: JsonObject;
}

/**
 * Joins the lines of a bulk request: an action and the document after it make one record with `_id` and `_source`. An
 * action without its document, a document without its action, a deletion and a script are records with a problem.
 */
export function createBulkJoiner(): RecordJoiner {
  let pending: { readonly action: Action; readonly record: InputRecord } | undefined;
  let index = 0;

  function numbered(record: InputRecord): InputRecord {
    index += 1;
    return { ...record, index: index - 1 };
  }

  const refused = (record: InputRecord, message: string): InputRecord =>
    numbered({ ...record, value: undefined, problem: { code: 'bad-action', message } });

  function withoutDocument(): InputRecord[] {
    if (pending === undefined) return [];
    const { action, record } = pending;
    pending = undefined;
    return [refused(record, `expected a document after the action "${action.name}"`)];
  }

  return {
    begins: (value) => actionOf(value) !== undefined,
    take(record) {
      const action = actionOf(record.value);
      if (action !== undefined) {
        const before = withoutDocument();
        if (action.name === 'delete') {
          return [...before, refused(record, 'expected a document, found a deletion, which has no text to index')];
        }
        pending = { action, record };
        return before;
      }
      if (pending === undefined) {
        if (record.problem !== undefined) return [numbered(record)];
        return [refused(record, `expected an action such as {"index": {"_id": "1"}} before the document`)];
      }
      const { action: of, record: first } = pending;
      pending = undefined;
      if (record.problem !== undefined || record.value === undefined) return [numbered(record)];
      const source = documentOf(of, record.value);
      if (source === undefined) return [refused(first, 'expected the update to have "doc", an object')];
      return [
        numbered({
          ...record,
          line: first.line,
          value: { ...of.about, [ACTION]: of.name, _source: source },
          nonFinite: first.nonFinite + record.nonFinite,
          largeIntegers: (first.largeIntegers ?? 0) + (record.largeIntegers ?? 0),
        }),
      ];
    },
    end: withoutDocument,
  };
}

/** The key under which a joined record says what its action was. */
export const ACTION = '_action';

/** The action that a line is: an object with the name of one, and nothing else. */
function actionOf(value: JsonValue | undefined): Action | undefined {
  if (value === undefined || !isJsonObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  const action = ACTIONS.find((each) => each === name);
  const about = action && value[action];
  return action === undefined || others.length > 0 || about === undefined || !isJsonObject(about)
    ? undefined
    : { name: action, about };
}

function documentOf({ name }: Action, value: JsonValue): JsonValue | undefined {
  if (name !== 'update') return value;
  if (!isJsonObject(value)) return undefined;
  return isJsonObject(value['doc'] ?? null) ? value['doc'] : undefined;
}
