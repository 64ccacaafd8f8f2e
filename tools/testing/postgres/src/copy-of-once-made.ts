import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * Copies a folder that is slow to create. The first test file of a run that needs it creates it, and all get copies of
 * it as it was when `make` ended. If two need it at the same time, both create it, and one of the two is used. Needs
 * `postgres-global-setup.ts` in vitest's `globalSetup`. *Errors*: those of `make`; the next caller tries again.
 * *Effects*: writes `into`, which must not exist; the original is removed after the run.
 */
export async function copyOfOnceMade(options: {
  /** Name that is unique for this folder. */
  readonly name: string;
  readonly into: string;
  /** Creates and fills the folder at this path, and leaves no file open in it. */
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
      // Another test file may have been faster.
      if (!existsSync(made)) throw error;
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  }
  cpSync(made, options.into, { recursive: true });
}
