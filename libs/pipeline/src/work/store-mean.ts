import { invariant, isMean, meanVector, type EmbeddingCache, type SentPart, type SentTexts } from '@lockstep/model';

/**
 * Puts the vector of a text that is embedded in windows into the cache: the mean of those of its windows, which must all
 * be there. Does nothing where it is there already, and for any other text. It is not paid for, and may be repeated.
 */
export async function storeMean(cache: EmbeddingCache, sent: SentTexts): Promise<void> {
  if (!isMean(sent) || cache.has(sent.key)) return;
  const keys = sent.parts.map(({ key }) => key);
  const vectors = await cache.vectors(keys);
  const weighted = sent.parts.map(({ tokens }, at) => {
    const vector = vectors[at];
    invariant(vector !== undefined && tokens !== undefined, 'a window has no vector');
    return { vector, weight: tokens };
  });
  // A mean of what a store gave back proves as little about that store.
  const isRecovered = (await cache.areRecovered(keys)).includes(true);
  await cache.append([{ key: sent.key, vector: meanVector(weighted), isRecovered }]);
}

/** What is sent for a text, each part once: windows of one text may be equal. */
export function distinctParts({ parts }: SentTexts): readonly SentPart[] {
  return [...new Map(parts.map((part) => [part.key, part])).values()];
}
