import { formatError, notSupported, wrongInput } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject } from '../requests/read-fields.ts';

/** A real Qdrant does not change a vector whose squared length differs from 1 by at most this (`simple.rs`). */
const UNIT_TOLERANCE = 1e-6;
/** For a real Qdrant, squared lengths below the float32 epsilon are zero, and the vector has no direction. */
const ZERO_BELOW = 2 ** -23;

/**
 * Reads a dense vector of finite float32 numbers.
 *
 * @throws QdrantRefusal 400 for named, sparse and multi-vectors, and for NaN (which arrives as null) and infinities
 */
export function readVector(value: unknown, where: string): Float32Array {
  if (!Array.isArray(value)) throw notAVector(value, where);
  const numbers = value as unknown[];
  const vector = new Float32Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const component = numbers[index];
    if (typeof component !== 'number') {
      throw formatError(`${where}[${index}] is ${component === null ? 'null' : typeof component}, expected a number`);
    }
    vector[index] = component;
    if (!Number.isFinite(vector[index])) throw formatError(`${where}[${index}] is not a finite float32 number`);
  }
  return vector;
}

function notAVector(value: unknown, where: string): Error {
  if (value === undefined || value === null) return formatError(`missing field \`vector\` in ${where}`);
  if (!isJsonObject(value)) return formatError(`${where} must be an array of numbers`);
  const [name] = Object.keys(value satisfies JsonObject);
  if (name === undefined) return notSupported(`a point without a vector (${where})`);
  return wrongInput(`Not existing vector name error: ${name}`);
}

/**
 * Prepares a vector for cosine search, in place: checks its dimensions and scales it to length 1 unless its squared
 * length is within 1e-6 of 1, as a real Qdrant does. So a vector that is read back can differ in its last bits.
 *
 * @throws QdrantRefusal 400 for another dimension and for a zero vector, which has no direction
 */
export function normalise(vector: Float32Array, dimensions: number): Float32Array {
  if (vector.length !== dimensions) {
    throw wrongInput(`Vector dimension error: expected dim: ${dimensions}, got ${vector.length}`);
  }
  let squares = 0;
  for (const component of vector) squares += component * component;
  if (squares < ZERO_BELOW) throw wrongInput('a zero vector has no direction, so it cannot be used with Cosine');
  if (Math.abs(squares - 1) <= UNIT_TOLERANCE) return vector;
  const length = Math.sqrt(squares);
  for (let index = 0; index < vector.length; index += 1) vector[index] = (vector[index] ?? 0) / length;
  return vector;
}

/** The smallest exponent of a normal number of IEEE 754 binary16; its significand has 11 bits. */
const HALF_EXPONENT_MIN = -14;

/** Rounds the numbers of a vector of length 1, in place, to those that a datatype can hold; they stay float32 here. */
export function asDatatype(vector: Float32Array, datatype: 'float32' | 'float16' | 'uint8'): Float32Array {
  if (datatype === 'float32') return vector;
  for (let index = 0; index < vector.length; index += 1) {
    const value = vector[index] as number;
    if (datatype === 'uint8') vector[index] = Math.min(255, Math.max(0, Math.trunc(value)));
    else {
      const exponent = value === 0 ? 0 : Math.max(HALF_EXPONENT_MIN, Math.floor(Math.log2(Math.abs(value))));
      const unit = 2 ** (exponent - 10);
      const units = value / unit;
      const below = Math.floor(units);
      const isUp = units - below > 0.5 || (units - below === 0.5 && below % 2 !== 0);
      vector[index] = (isUp ? below + 1 : below) * unit;
    }
  }
  return vector;
}

/** The bytes of a vector as they are stored: float32, little-endian. */
export function vectorBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** The JSON text of stored vector bytes. */
export function vectorJson(bytes: Uint8Array): string {
  return `[${new Float32Array(bytes.slice().buffer).join(',')}]`;
}

/** The dot product, which is the cosine of two vectors of length 1. The second one starts at `offset` in `all`. */
export function dotAt(query: Float32Array, all: Float32Array, offset: number): number {
  // Four sums, because additions to one sum wait for each other: 1.6 to 1.8 times as fast as one sum for 4,096 vectors
  // of 384 or 1,536 numbers.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const whole = query.length - (query.length % 4);
  for (let index = 0; index < whole; index += 4) {
    const at = offset + index;
    a += (query[index] as number) * (all[at] as number);
    b += (query[index + 1] as number) * (all[at + 1] as number);
    c += (query[index + 2] as number) * (all[at + 2] as number);
    d += (query[index + 3] as number) * (all[at + 3] as number);
  }
  for (let index = whole; index < query.length; index += 1) {
    a += (query[index] as number) * (all[offset + index] as number);
  }
  return a + b + c + d;
}
