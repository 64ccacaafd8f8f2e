import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { seededRandom } from './seeded-random.ts';

/** What differs from the first version of a corpus: nothing, a chapter title or a text, in one chunk of a hundred. */
export type Edit = 'none' | 'metadata' | 'text';

/** A record as the files have it that the pipeline is meant for, and one key without a column of its own. */
export interface GeneratedRecord {
  readonly chunk_id: string;
  readonly document_id: string;
  readonly chapter_title: string;
  readonly page_number: number;
  readonly text_snippet_preview: string;
  readonly created_at: string;
  readonly topic: string;
}

export interface CorpusOptions {
  /** Number of records. */
  readonly chunks: number;
  readonly seed: number;
  readonly edit: Edit;
}

/** About as many characters a text. */
const TEXT_UNITS = 800;
const WORDS = 4000;
const CHUNKS_PER_DOCUMENT = 200;
const EDIT_EVERY = 100;

const SYLLABLES =
  'an ber col dra est fen gor hal ing jun kel lor men nor ost pra qui ren sol tra und ver wil zen'.split(' ');
/** One syllable in about fifty is not ASCII, as in European prose. */
const ACCENTED = ['é', 'ü', 'ñ', 'ça'];

/** The records of a corpus. Equal options give equal records, and an edit leaves all others as they were. */
export function* generatedRecords({ chunks, seed, edit }: CorpusOptions): Generator<GeneratedRecord> {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const words = Array.from({ length: WORDS }, () => {
    const syllables = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      pick(random() < 0.02 ? ACCENTED : SYLLABLES),
    );
    return syllables.join('');
  });
  for (let index = 0; index < chunks; index += 1) {
    const document = Math.floor(index / CHUNKS_PER_DOCUMENT);
    let text = '';
    while (text.length < TEXT_UNITS) text += `${pick(words)}${random() < 0.08 ? '. ' : ' '}`;
    const edited = index % EDIT_EVERY === 0 ? edit : 'none';
    yield {
      chunk_id: `document-${document}-chunk-${index}`,
      document_id: `document-${document}`,
      chapter_title: `Chapter ${1 + (index % 12)}${edited === 'metadata' ? ', revised' : ''}`,
      page_number: 1 + (index % CHUNKS_PER_DOCUMENT),
      text_snippet_preview: `${text}${edited === 'text' ? 'And one more sentence' : 'End'} ${index}.`,
      created_at: new Date(Date.UTC(2025, 0, 1) + index * 60_000).toISOString(),
      topic: pick(words),
    };
  }
}

/** Writes the records as a JSON array, one record a line. Replaces the file. */
export async function writeCorpus(path: string, options: CorpusOptions): Promise<void> {
  await pipeline(Readable.from(jsonArray(generatedRecords(options))), createWriteStream(path));
}

function* jsonArray(records: Iterable<unknown>): Generator<string> {
  let before = '[\n';
  for (const record of records) {
    yield `${before}${JSON.stringify(record)}`;
    before = ',\n';
  }
  yield '\n]\n';
}
