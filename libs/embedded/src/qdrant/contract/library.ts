export const UUID_LOW = '0a000000-0000-5000-8000-000000000001';
export const UUID_HIGH = 'fa000000-0000-5000-8000-000000000002';

/** Points with ids of both kinds, in id order, whose payloads all differ in form. */
export const LIBRARY = [
  {
    id: 1,
    vector: [1, 0, 0, 0],
    payload: { corpus: 'a', page: 1, tags: ['x', 'y'], open: true, meta: { lang: 'en' } },
  },
  {
    id: 2,
    vector: [0, 1, 0, 0],
    payload: { corpus: 'a', page: 2, tags: ['y'], open: false, meta: { lang: 'de' }, 'file name': 'b.md' },
  },
  { id: 3, vector: [0, 0, 1, 0], payload: { corpus: 'b', page: 3, tags: [], note: null, meta: { lang: 'en' } } },
  { id: 4, vector: [0, 0, 0, 1], payload: { corpus: 'b', page: 2.5, tags: 'x', note: 'n' } },
  { id: UUID_LOW, vector: [1, 1, 0, 0], payload: { corpus: 'a', page: -1, note: [null] } },
  { id: UUID_HIGH, vector: [0, 0, 1, 1], payload: {} },
];
