import { IndexingError, isJsonObject } from '@lockstep/model';

/**
 * Reads the vectors of a reply, in input order, and checks everything: as many as requested, each index once,
 * `dimensions` finite numbers each, not all zero. Vectors arrive as base64 of little-endian float32, or as numbers from
 * a server that does not support base64.
 *
 * Fails with `response-invalid`: `retry`, but `abort` for wrong dimensions, which another try would not change.
 */
export function readVectors(
  reply: unknown,
  expected: { readonly count: number; readonly dimensions: number },
): { vectors: Float32Array[]; tokens: number } {
  if (!isJsonObject(reply) || !Array.isArray(reply['data'])) {
    throw invalid('expected an object with data, found something else (perhaps a page from a proxy)');
  }
  const { data } = reply;
  if (data.length !== expected.count) throw invalid(`expected ${expected.count} vectors, found ${data.length}`);
  const vectors = new Array<Float32Array | undefined>(expected.count).fill(undefined);
  for (const item of data) {
    const index = isJsonObject(item) ? item['index'] : undefined;
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined) {
      throw invalid('expected each index once');
    }
    vectors[index] = readVector(isJsonObject(item) ? item['embedding'] : undefined, expected.dimensions);
  }
  const usage = reply['usage'];
  const tokens = isJsonObject(usage) ? usage['prompt_tokens'] : undefined;
  return { vectors: vectors as Float32Array[], tokens: typeof tokens === 'number' && tokens >= 0 ? tokens : 0 };
}

function readVector(embedding: unknown, dimensions: number): Float32Array {
  let vector: Float32Array;
  if (typeof embedding === 'string') vector = decodeBase64(embedding);
  else if (Array.isArray(embedding) && embedding.every((value) => typeof value === 'number')) {
    vector = Float32Array.from(embedding);
  } else throw invalid('expected each vector as base64 or as an array of numbers');
  if (vector.length !== dimensions) {
    throw new IndexingError({
      code: 'response-invalid',
      message: `Expected vectors of ${dimensions} dimensions from the embedding service, found ${vector.length}.`,
      details: { expected: dimensions, found: vector.length, possiblyPaid: true },
    });
  }
  let sum = 0;
  for (let at = 0; at < vector.length; at += 1) sum += (vector[at] as number) ** 2;
  if (!Number.isFinite(sum)) throw invalid('expected finite numbers in a vector');
  if (sum === 0) throw invalid('expected a vector that is not all zero');
  return vector;
}

function decodeBase64(text: string): Float32Array {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = bytesOf(text);
  } catch {
    throw invalid('expected base64');
  }
  if (bytes.length % 4 !== 0) throw invalid('expected base64 of whole float32 numbers');
  if (LITTLE_ENDIAN) return new Float32Array(bytes.buffer, 0, bytes.length / 4);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(at * 4, true));
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** `Uint8Array.fromBase64` is much faster, but not yet available everywhere. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  if (typeof Uint8Array.fromBase64 === 'function') {
    const bytes = Uint8Array.fromBase64(base64);
    return bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  }
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function invalid(what: string): IndexingError {
  return new IndexingError({
    code: 'response-invalid',
    disposition: 'retry',
    message: `The embedding service sent an invalid reply: ${what}.`,
    details: { possiblyPaid: true },
  });
}
