import { canonicalJson, contentHashOf, pointIdOf, sha256Hex, type Scratch } from '@lockstep/model';
import { decodeEntry, encodeEntryLine, type Entry } from '../files/chunk-entry.ts';
import { decodeChunkLine, encodeChunkLine } from '../files/chunk-line.ts';
import { createLineSorter } from '../files/line-sorter.ts';

/** Hexadecimal digits of the metadata's hash in an id. */
const DIGITS = 12;

/**
 * Gives chunks whose derived ids are equal, since document and text are, ids of their own where anything else of them
 * differs: `<derived id>-<the first 12 hexadecimal digits of the SHA-256 of their other fields>`. All of them, so that their
 * order in the input does not matter. Chunks that are equal in all fields keep one id.
 *
 * Takes lines of entries sorted by point id, in pages, and gives them sorted by their new ones.
 */
export async function* tellDerivedIdsApart(
  corpus: string,
  pages: AsyncIterable<readonly string[]>,
  scratch: Scratch,
): AsyncGenerator<readonly string[]> {
  const sorter = createLineSorter(scratch);
  let first: Entry | undefined;
  /** Chunks that are equal to the first in all fields. */
  let repeats = 0;
  let isShared = false;

  async function endGroup(): Promise<void> {
    if (first === undefined) return;
    const line = encodeEntryLine(isShared ? withOwnId(corpus, first) : first);
    for (let written = 0; written <= repeats; written += 1) await sorter.add(line);
    first = undefined;
  }

  async function take(text: string): Promise<void> {
    const entry = decodeEntry(text);
    if (first?.pointId !== entry.pointId) await endGroup();
    if (entry.chunk === undefined || !entry.isIdDerived) await sorter.add(text);
    else if (first === undefined) [first, repeats, isShared] = [entry, 0, false];
    else if (entry.chunk.contentHash === first.chunk?.contentHash) repeats += 1;
    else {
      isShared = true;
      await sorter.add(encodeEntryLine(withOwnId(corpus, entry)));
    }
  }

  for await (const page of pages) for (const text of page) await take(text);
  await endGroup();
  yield* sorter.sortedPages();
}

function withOwnId(corpus: string, entry: Entry): Entry {
  const chunk = decodeChunkLine(new TextEncoder().encode(entry.line)).chunk();
  const { chapterTitle, pageNumber, createdAt, metadata } = chunk;
  const rest = `${JSON.stringify([chapterTitle, pageNumber, createdAt])}${canonicalJson(metadata)}`;
  const chunkId = `${chunk.chunkId}-${sha256Hex(rest).slice(0, DIGITS)}`;
  const named = { ...chunk, chunkId, pointId: pointIdOf(corpus, chunkId) };
  const { pointId } = named;
  return { ...entry, pointId, line: encodeChunkLine({ ...named, contentHash: contentHashOf(named) }) };
}
