import { sha256Hex, type DeleteMode } from '@lockstep/model';
import type { ValidateReceipt } from '../receipts.ts';

/** Version of what a digest covers; raise it when a load would write something else for the same digest. */
const DIGEST_FORM = 'lockstep.wanted/1';

/** What decides, besides the chunks, what one store is to contain of a corpus. */
export interface StoreWants {
  /** Address of the store. */
  readonly target: string;
  readonly deletes: DeleteMode;
  /** Form of the points; null for rows, whose form is the table's. */
  readonly projection: string | null;
}

/** Digest of what a store is to contain: the chunks as validated, their store and their form. 64 hex digits. */
export function storeDigest(
  validated: Pick<ValidateReceipt, 'digest'>,
  { target, deletes, projection }: StoreWants,
): string {
  return sha256Hex(JSON.stringify([DIGEST_FORM, validated.digest, target, deletes, projection]));
}
