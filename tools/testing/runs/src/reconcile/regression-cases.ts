import type { Action, Drift, Edit, Fault, ReconcileCase } from './actions.ts';

const load = (...edits: readonly Edit[]): Action => ({ do: 'load', side: 0, edits });
const add = (id: string): Edit => ({ edit: 'add', id, version: { text: 'text 1', tag: 1, document: 'd1' } });
const remove = (id: string): Edit => ({ edit: 'delete', id });
const takeover = (at: Fault['at'], ...edits: readonly Edit[]): Fault => ({
  fault: 'takeover',
  at,
  by: { run: 'load', edits, stays: false },
});
/** The same drift of the points or rows at these places, in the order of their ids. */
const drift = (what: Drift['drift'], ...places: readonly number[]): Action[] =>
  places.map((at) => ({ do: 'drift', side: 0, drift: { drift: what, at, text: 'text 2' } as Drift }));

/** Cases that once failed, to be run before random ones. */
export const REGRESSION_CASES: readonly ReconcileCase[] = [
  // A row whose chunk id was changed by hand prevented its chunk from being written.
  { deletes: ['full', 'full'], actions: [load(), ...drift('row renamed', 0), load()] },
  // A late payload of an overtaken run was written to a point that had a new vector, and was believed.
  {
    deletes: ['full', 'full'],
    actions: [
      load(add('c1')),
      {
        do: 'load',
        side: 0,
        edits: [{ edit: 'metadata', id: 'c1', tag: 2 }],
        fault: takeover({ of: 'qdrant writes', number: 1 }, { edit: 'text', id: 'c1', text: 'text 2' }),
      },
    ],
  },
  // A repair wrote while the store had the stamp of a run that ended before the repair took its fence.
  {
    deletes: ['none', 'full'],
    actions: [
      load(),
      ...drift('point added', 0),
      { do: 'repair', side: 0, fault: takeover({ of: 'calls', number: 8 }) },
    ],
  },
  // A repair made a point after the points were counted for the stamp.
  {
    deletes: ['full', 'full'],
    actions: [
      load(add('c1')),
      ...drift('point deleted', 0, 0),
      load({ edit: 'reject', id: 'c1' }),
      { do: 'repair', side: 0 },
    ],
  },
  // A repair gave a point the vector of the embedding key of its row, which was that of another text.
  {
    deletes: ['none', 'full'],
    actions: [
      load(add('c1'), { edit: 'add', id: 'c2', version: { text: 'text 2', tag: 1, document: null } }),
      ...drift('row labelled as another text', 0, 1, 2),
      ...drift('point deleted', 0, 0, 0),
      load(remove('c1')),
      { do: 'repair', side: 0 },
    ],
  },
  // A run by stages whose loads were replayed was overtaken by a drop just before its verify, which told of the drop.
  {
    deletes: ['full', 'full'],
    actions: [
      load(),
      {
        do: 'load',
        side: 0,
        way: 'replays',
        edits: [],
        fault: { fault: 'takeover', at: { of: 'calls', number: 19 }, by: { run: 'drop' } },
      },
      load(),
    ],
  },
];
