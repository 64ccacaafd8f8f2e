import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * Copies a folder that takes long to make. The first test file of a run that wants it makes it, and all get copies of what
 * it was when `make` was done. Two that want it at the same moment both make it, and one of the two is kept.
 * Needs `postgres-global-setup.ts` in vitest's `globalSetup`. *Errors*: whatever `make` throws; the next one tries again.
 * *Effects*: writes `into`, which must not exist; what was made is gone after the run.
 */
export async function copyOfOnceMade(options: {
  /** Tells this folder from others that are made once. */
  readonly name: string;
  readonly into: string;
  /** Makes and fills the folder of this path, and leaves nothing open in it. */
  readonly make: (folder: string) => Promise<void>;
}): Promise<void> {
  const place = inject('lockstepOnceMade') as string | undefined;
  if (place === undefined)
    throw new Error('copyOfOnceMade needs postgres-global-setup.ts in the globalSetup of vitest');
  const made = join(place, options.name);
  if (!existsSync(made)) {
    const own = join(place, randomUUID());
    mkdirSync(own, { recursive: true });
    try {
      await options.make(join(own, options.name));
      renameSync(join(own, options.name), made);
    } catch (error) {
      // Somebody else may have been faster.
      if (!existsSync(made)) throw error;
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  }
  cpSync(made, options.into, { recursive: true });
}
