import { sha256Hex, type DeleteMode } from '@lockstep/model';
import type { ValidateReceipt } from '../receipts.ts';

/** Form of what a digest stands for; raise it when a load would write something else for the same digest. */
const DIGEST_FORM = 'lockstep.wanted/1';

/** Everything that decides what one store is to hold of a corpus. */
export interface StoreWants {
  /** Which store it is. */
  readonly target: string;
  readonly deletes: DeleteMode;
  /** Form of the points; null for rows, whose form is the table's. */
  readonly projection: string | null;
}

/** Digest of what a store is to hold: the chunks as validated, where they go and in what form. 64 hex digits. */
export function storeDigest(validated: ValidateReceipt, { target, deletes, projection }: StoreWants): string {
  return sha256Hex(JSON.stringify([DIGEST_FORM, validated.digest, target, deletes, projection]));
}
