import { sha256Hex, type EmbedderIdentity } from '@lockstep/model';

/**
 * Number of the rules by which a record becomes a chunk, is rejected or held. Raise it with every change that gives
 * other chunks for an input (`validate.test.ts` tells).
 */
const RULES = 2;

/** All that the chunks of a corpus follow from. */
export interface ValidateBasis {
  /** SHA-256 of the input's bytes, in hex. */
  readonly inputDigest: string;
  readonly identity: EmbedderIdentity;
  readonly inputTokensMax: number;
  /** Whether a text that is too long is embedded by its beginning, and not rejected. */
  readonly truncates: boolean;
}

/** Digest of a basis, 64 hex digits: equal ones give equal chunks, which need not be made again. */
export function basisDigest({ inputDigest, identity, inputTokensMax, truncates }: ValidateBasis): string {
  const { model, host, dimensions } = identity;
  return sha256Hex(JSON.stringify([RULES, inputDigest, model, host, dimensions, inputTokensMax, truncates]));
}
