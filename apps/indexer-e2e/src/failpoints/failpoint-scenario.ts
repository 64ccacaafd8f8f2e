/** The corpus that is loaded and killed, and another one in the same stores, which no run may touch. */
export const CORPUS = 'books';
export const OTHER_CORPUS = 'letters';

/** Small vectors: what is looked at is which of them are there. */
export const DIMENSIONS = 8;
export const MODEL = 'stub-model';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

const record = (id: string, text: string, chapter = 'One') => ({
  id,
  text,
  document_id: 'document',
  chapter_title: chapter,
});

const KEPT = numbers(2).map((number) => record(`kept-${number}`, `A text that stays, ${number}.`));

/** What both stores hold of the corpus when a run starts. */
export const OLD_RECORDS = [
  ...KEPT,
  ...numbers(3).map((number) => record(`text-${number}`, `A text that changes, ${number}.`)),
  ...numbers(3).map((number) => record(`chapter-${number}`, `A text whose chapter changes, ${number}.`)),
  ...numbers(3).map((number) => record(`gone-${number}`, `A text that goes, ${number}.`)),
  record('held', 'A text whose next version is rejected.'),
];

/** What the run is to bring into them: of every kind of change so many that both stores take several batches. */
export const NEW_RECORDS = [
  ...KEPT,
  ...numbers(3).map((number) => record(`text-${number}`, `A text that has changed, ${number}.`)),
  ...numbers(3).map((number) => record(`chapter-${number}`, `A text whose chapter changes, ${number}.`, 'Two')),
  ...numbers(5).map((number) => record(`new-${number}`, `A text that comes, ${number}.`)),
  record('new-again', 'A text that comes, 5.'),
  record('held', ''),
];

/** What the stores are to hold then: a chunk whose new version is rejected stays as it was. */
export const NEW_CHUNKS = [...NEW_RECORDS.filter(({ id }) => id !== 'held'), ...OLD_RECORDS.filter(isHeld)];

export const OTHER_RECORDS = numbers(3).map((number) => record(`letter-${number}`, `Another corpus, ${number}.`));

const OLD_TEXTS: ReadonlySet<string> = new Set(OLD_RECORDS.map(({ text }) => text));

/** Texts that the run has to pay for: those that are not in the corpus's old slice, each once. */
export const NEW_TEXTS = new Set(NEW_CHUNKS.map(({ text }) => text).filter((text) => !OLD_TEXTS.has(text))).size;

function isHeld({ id }: { readonly id: string }): boolean {
  return id === 'held';
}
