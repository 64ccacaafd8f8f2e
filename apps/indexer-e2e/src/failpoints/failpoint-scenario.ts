/** The corpus that is loaded, and another one in the same stores that no run may change. */
export const CORPUS = 'books';
export const OTHER_CORPUS = 'letters';

/** Small vectors: only their presence is checked. */
export const DIMENSIONS = 8;
export const MODEL = 'stub-model';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

const record = (id: string, text: string, chapter = 'One') => ({
  id,
  text,
  document_id: 'document',
  chapter_title: chapter,
});

const UNCHANGED = numbers(2).map((number) => record(`kept-${number}`, `A text that stays, ${number}.`));

/** Records that both stores hold when a run starts. */
export const OLD_RECORDS = [
  ...UNCHANGED,
  ...numbers(3).map((number) => record(`text-${number}`, `A text that changes, ${number}.`)),
  ...numbers(3).map((number) => record(`chapter-${number}`, `A text whose chapter changes, ${number}.`)),
  ...numbers(3).map((number) => record(`gone-${number}`, `A text that goes, ${number}.`)),
  record('held', 'A text whose next version is rejected.'),
];

/** The new input: enough of every kind of change that both stores need several batches. */
export const NEW_RECORDS = [
  ...UNCHANGED,
  ...numbers(3).map((number) => record(`text-${number}`, `A text that has changed, ${number}.`)),
  ...numbers(3).map((number) => record(`chapter-${number}`, `A text whose chapter changes, ${number}.`, 'Two')),
  ...numbers(5).map((number) => record(`new-${number}`, `A text that comes, ${number}.`)),
  record('new-again', 'A text that comes, 5.'),
  record('held', ''),
];

/** Records that the stores should hold at the end: one whose new version is rejected stays as it was. */
export const NEW_CHUNKS = [...NEW_RECORDS.filter(({ id }) => id !== 'held'), ...OLD_RECORDS.filter(isHeld)];

export const OTHER_RECORDS = numbers(3).map((number) => record(`letter-${number}`, `Another corpus, ${number}.`));

const OLD_TEXTS: ReadonlySet<string> = new Set(OLD_RECORDS.map(({ text }) => text));

/** Number of texts that the run has to pay for: those that are not in the old slice, each once. */
export const NEW_TEXTS = new Set(NEW_CHUNKS.map(({ text }) => text).filter((text) => !OLD_TEXTS.has(text))).size;

function isHeld({ id }: { readonly id: string }): boolean {
  return id === 'held';
}
