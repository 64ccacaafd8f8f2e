import type { DeleteMode } from '@lockstep/model';
import fc from 'fast-check';
import type { Version } from './wants.ts';

/** Which of the two corpora. */
export type Side = 0 | 1;

/** A change of a file. Editing text or metadata of a chunk that is not in the file does nothing. */
export type Edit =
  | { readonly edit: 'add'; readonly id: string; readonly version: Version }
  | { readonly edit: 'text'; readonly id: string; readonly text: string }
  | { readonly edit: 'metadata'; readonly id: string; readonly tag: number }
  | { readonly edit: 'delete' | 'reject'; readonly id: string };

/** A change of one point or row by another program or a person; `at` picks which. */
export type Drift =
  | { readonly drift: (typeof POINT_DRIFTS)[number]; readonly at: number; readonly text: string }
  | { readonly drift: (typeof ROW_DRIFTS)[number]; readonly at: number; readonly text: string }
  | { readonly drift: 'stamp withdrawn'; readonly at: number };

export const POINT_DRIFTS = [
  'point deleted',
  'point field edited',
  'point field added',
  'point vector swapped',
  'point labelled as another version',
  'point labelled as another text',
  'point of another projection',
  'point of another document',
  'point without a model',
  'point renamed',
  'point added',
] as const;

export const ROW_DRIFTS = [
  'row deleted',
  'row text edited',
  'row metadata edited',
  'row labelled as another version',
  'row labelled as another text',
  'row of another document',
  'row renamed',
  'row added',
] as const;

/** What happens to a run at one of its calls; nothing if the run makes fewer calls. */
export type Fault =
  | { readonly fault: 'failed call'; readonly at: Moment }
  /** The process ends; the call that it has just sent may still be carried out. */
  | { readonly fault: 'kill'; readonly at: Moment; readonly lands: boolean }
  | { readonly fault: 'takeover'; readonly at: Moment; readonly by: Takeover };

/** A call of a run, counted from 1 among all its calls, those that write, or those that write to one store. */
export interface Moment {
  readonly of: 'calls' | 'writes' | 'qdrant writes' | 'neon writes';
  readonly number: number;
}

/** A second run of the corpus, on another machine. With `stays` its edits of the file remain. */
export type Takeover =
  { readonly run: 'load'; readonly edits: readonly Edit[]; readonly stays: boolean } | { readonly run: 'drop' };

/** Something that happens to one of the two corpora, or to the cache that they share. */
export type Action =
  | { readonly do: 'drift'; readonly side: Side; readonly drift: Drift }
  | LoadAction
  | {
      readonly do: 'repair';
      readonly side: Side;
      readonly edits?: readonly Edit[];
      readonly pay?: boolean;
      readonly fault?: Fault;
    }
  | { readonly do: 'drop'; readonly side: Side; readonly fault?: Fault }
  | { readonly do: 'lose cache' };

/**
 * `run`: `indexer run`. `stages`: the stages one by one, as the targets of a build system call them. `replays`: the same, with
 * loads replayed that the build system has in its cache.
 */
export type LoadWay = 'run' | 'stages' | 'replays';

export interface LoadAction {
  readonly do: 'load';
  readonly side: Side;
  /** Changes of the file before the load. */
  readonly edits?: readonly Edit[];
  /** @default 'run' */
  readonly way?: LoadWay;
  /** Level of its verify. @default 'content' */
  readonly level?: 'content' | 'vectors';
  /** Whether it has a limit of deletions. @default false */
  readonly guarded?: boolean;
  readonly fault?: Fault;
}

/** Every text that a file or a drift may have. */
export const TEXTS = ['text 1', 'text 2', 'text 3'] as const;

const deletes = fc.constantFrom<DeleteMode>('full', 'document', 'none');
const side = fc.constantFrom<Side>(0, 0, 1);
const id = fc.constantFrom('c1', 'c2', 'c3', 'c4');
const text = fc.constantFrom(...TEXTS);
const tag = fc.constantFrom(1, 2);
const version = fc.record({ text, tag, document: fc.constantFrom('d1', 'd2', null) });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ edit: fc.constant('add' as const), id, version }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('text' as const), id, text }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('metadata' as const), id, tag }) },
  { weight: 4, arbitrary: fc.record({ edit: fc.constantFrom('delete' as const, 'reject' as const), id }) },
);
const edits = fc.array(edit, { maxLength: 4, size: 'max' });

const at = fc.nat({ max: 5 });
const drift: fc.Arbitrary<Drift> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ drift: fc.constantFrom(...POINT_DRIFTS), at, text }) },
  { weight: 8, arbitrary: fc.record({ drift: fc.constantFrom(...ROW_DRIFTS), at, text }) },
  { weight: 1, arbitrary: fc.record({ drift: fc.constant('stamp withdrawn' as const), at }) },
);

const takeover: fc.Arbitrary<Takeover> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      run: fc.constant('load' as const),
      edits,
      stays: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ run: fc.constant('drop' as const) }) },
);

const among = (of: Moment['of'], max: number): fc.Arbitrary<Moment> =>
  fc.record({ of: fc.constant(of), number: fc.integer({ min: 1, max }) });

/** A run of these cases makes about 90 calls, 14 of them writes, a few to each store. */
const moment = fc.oneof(
  { weight: 2, arbitrary: among('calls', 90) },
  { weight: 2, arbitrary: among('writes', 14) },
  { weight: 1, arbitrary: among('qdrant writes', 4) },
  { weight: 1, arbitrary: among('neon writes', 4) },
);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ fault: fc.constant('failed call' as const), at: moment }) },
  { weight: 4, arbitrary: fc.record({ fault: fc.constant('kill' as const), at: moment, lands: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ fault: fc.constant('takeover' as const), at: moment, by: takeover }) },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant('drift' as const), side, drift }) },
  {
    weight: 18,
    arbitrary: fc.record(
      {
        do: fc.constant('load' as const),
        side,
        edits,
        way: fc.constantFrom<LoadWay>('stages', 'replays', 'replays'),
        level: fc.constant('vectors' as const),
        guarded: fc.boolean(),
        fault,
      },
      { requiredKeys: ['do', 'side'] },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record(
      { do: fc.constant('repair' as const), side, edits, pay: fc.constant(true), fault },
      { requiredKeys: ['do', 'side'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('drop' as const), side, fault }, { requiredKeys: ['do', 'side'] }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose cache' as const) }) },
);

/** What happens to two corpora that share their stores, and the delete mode of each. */
export interface ReconcileCase {
  readonly deletes: readonly [DeleteMode, DeleteMode];
  readonly actions: readonly Action[];
}

export function reconcileCases({ actionsMax }: { readonly actionsMax: number }): fc.Arbitrary<ReconcileCase> {
  return fc.record({
    deletes: fc.tuple(deletes, deletes),
    actions: fc.array(action, { minLength: 1, maxLength: actionsMax, size: 'max' }),
  });
}
