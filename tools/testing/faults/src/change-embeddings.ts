import type { Spoiling } from './fault-rule.ts';

interface Embeddings {
  data: { embedding: string | (number | null)[] }[];
}

/**
 * Changes the bytes of an answer with embeddings as the fault says.
 * *Errors*: throws when the answer holds no embeddings.
 */
export function changeEmbeddings(body: Uint8Array, fault: Spoiling): Uint8Array {
  const answer = JSON.parse(new TextDecoder().decode(body)) as Partial<Embeddings>;
  const { data } = answer;
  if (!Array.isArray(data)) throw new Error('expected an answer with embeddings for this fault');
  if ('reorder' in fault) data.reverse();
  if ('short' in fault) data.splice(Math.max(0, data.length - fault.short));
  if ('nonFinite' in fault) change(data.slice(0, 1), (values) => values.fill(Number.NaN, 0, 1));
  if ('dimensions' in fault) {
    change(data, (values) => Float32Array.from({ length: fault.dimensions }, (_, at) => values[at] ?? 0));
  }
  return new TextEncoder().encode(JSON.stringify(answer));
}

function change(data: Embeddings['data'], changed: (values: Float32Array) => Float32Array): void {
  for (const item of data) {
    if (typeof item.embedding === 'string') {
      const bytes = Uint8Array.from(Buffer.from(item.embedding, 'base64'));
      item.embedding = Buffer.from(changed(new Float32Array(bytes.buffer)).buffer).toString('base64');
    } else item.embedding = [...changed(Float32Array.from(item.embedding, Number))];
  }
}
