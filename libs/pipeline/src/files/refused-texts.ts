import { counted, IndexingError, isIndexingError, type Artifacts } from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import { linesOf } from './lines.ts';
import { receiptIfThere } from './receipt-file.ts';

/** A text that the embedding service refused, named by the first chunk that has it. */
export interface RefusedText {
  readonly embeddingKey: string;
  readonly pointId: string;
  readonly chunkId: string;
  /** What the service answered. */
  readonly message: string;
}

/** Texts that the service refused in one run, set aside so that the others are embedded. */
export interface RefusedTexts {
  /** Sets one aside. Fails with `records-rejected` when there are then more than `max`; `write` still writes all of them. */
  add(text: Omit<RefusedText, 'message'>, failure: IndexingError): void;
  has(embeddingKey: string): boolean;
  count(): number;
  /** Writes them for the later stages, sorted by key; without any, writes an empty file. */
  write(artifacts: Artifacts): Promise<void>;
}

/** Chunks that the message names; the file names all. */
const NAMED_MAX = 10;

/**
 * @param max how many may be set aside; a service that refuses everything must not be asked for each text by itself
 * @param place where people find the file
 */
export function createRefusedTexts(max: number, place: string = FILES.refused): RefusedTexts {
  const refused = new Map<string, RefusedText>();
  return {
    add(text, failure) {
      refused.set(text.embeddingKey, { ...text, message: failure.message });
      if (refused.size <= max) return;
      const first = [...refused.values()].slice(0, NAMED_MAX).map(({ chunkId }) => JSON.stringify(chunkId));
      const chunks = `${first.join(', ')}${refused.size > NAMED_MAX ? ', ...' : ''}`;
      throw new IndexingError({
        code: 'records-rejected',
        message:
          `The embedding service refused ${counted(refused.size, 'text')}, more than the ${max} that may be set aside ` +
          `(--max-rejects): of ${chunks}. ${place} names each. The last refusal: ${failure.message}`,
        details: { refused: refused.size, max },
        cause: failure.cause,
      });
    },
    has: (embeddingKey) => refused.has(embeddingKey),
    count: () => refused.size,
    async write(artifacts) {
      const writer = await artifacts.write(FILES.refused);
      for (const key of [...refused.keys()].toSorted())
        await writer.write(`${encode(refused.get(key) as RefusedText)}\n`);
      await writer.close();
    },
  };
}

function encode({ embeddingKey, pointId, chunkId, message }: RefusedText): string {
  return JSON.stringify({ embedding_key: embeddingKey, point_id: pointId, chunk_id: chunkId, message });
}

/**
 * Keys of the texts that the last `embed` set aside; their chunks are treated as held. None when no `embed` has run, or
 * when the last one failed: the texts that it had set aside are in the file for people to read, and hold no chunk. Memory
 * grows with them, and `embed` limits their number.
 */
export async function readRefused(artifacts: Artifacts): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  if ((await receiptIfThere(artifacts, FILES.embedReceipt)) === undefined) return keys;
  try {
    for await (const line of linesOf(artifacts.read(FILES.refused))) {
      keys.add((JSON.parse(line) as { embedding_key: string }).embedding_key);
    }
  } catch (error) {
    if (!isIndexingError(error) || error.code !== 'artifact-missing') throw error;
  }
  return keys;
}
