import {
  canonicalJson,
  sha256Hex,
  windowShape,
  type EmbedderIdentity,
  type Fields,
  type JsonObject,
  type OverlongMode,
} from '@lockstep/model';

/**
 * Version of the rules by which a record becomes a chunk, is rejected or held. Raise it with every change that makes other
 * chunks of an input (`validate.test.ts` fails otherwise).
 */
const RULES = 6;

/** All that decides which chunks an input becomes. */
export interface ValidateBasis {
  /** SHA-256 of the input's bytes, in hex. */
  readonly inputDigest: string;
  readonly identity: EmbedderIdentity;
  readonly inputTokensMax: number;
  /** What becomes of a text that is too long; null where none is. */
  readonly overlong: OverlongMode | null;
  /** Where the user says that the records and their fields are. @default recognised */
  readonly fields?: Fields | undefined;
}

/** Digest of a basis, 64 hex digits: equal ones give equal chunks, which need not be made again. */
export function basisDigest({ inputDigest, identity, inputTokensMax, overlong, fields = {} }: ValidateBasis): string {
  const { model, host, dimensions } = identity;
  const shape = overlong === 'windows' ? windowShape(inputTokensMax) : null;
  return sha256Hex(
    JSON.stringify([
      RULES,
      inputDigest,
      model,
      host,
      dimensions,
      inputTokensMax,
      overlong,
      shape,
      canonicalJson(fields as JsonObject),
    ]),
  );
}
