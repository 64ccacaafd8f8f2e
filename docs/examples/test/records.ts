/** What the examples search. */
export const RECORDS = [
  {
    id: 'a',
    text: 'Call me Ishmael.',
    document_id: 'moby-dick',
    chapter_title: 'Loomings',
    page_number: 1,
    mood: 'wet',
  },
  { id: 'b', text: 'The whiteness of the whale.', document_id: 'moby-dick', page_number: 2 },
  { id: 'c', text: 'The chase of the third day.', document_id: 'moby-dick', page_number: 3 },
];
