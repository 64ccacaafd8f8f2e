import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { logger, type Tree } from '@nx/devkit';

/** Options of the generator `corpus`: those of `lockstep init`, in camel case. */
export interface CorpusOptions {
  /** A file, a folder, or a pattern of paths, from the root of the workspace. */
  readonly input: string;
  readonly [flag: string]: string | number | undefined;
}

/** What `lockstep init --json` prints. */
interface PlannedCorpus {
  /** From the root of the workspace. */
  readonly path: string;
  readonly corpusJson: object;
  readonly records: number;
  readonly accepted: number;
  readonly next: string;
  readonly note: string | null;
}

/**
 * Adds the corpus.json that `lockstep init` would write, so that `--dry-run` of Nx writes nothing. The program reads the
 * input, asks on a terminal, and says itself why an input cannot be loaded.
 */
export function corpusGenerator(tree: Tree, { input, ...options }: CorpusOptions): void {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}=${value}`],
  );
  const program = join(
    dirname(createRequire(import.meta.url).resolve('@lockstep/indexer/package.json')),
    'bin/indexer.js',
  );
  const { status, stdout, error } = spawnSync(
    process.execPath,
    [program, 'init', '--dry-run', '--json', ...flags, '--', input],
    { cwd: tree.root, encoding: 'utf8', stdio: ['inherit', 'pipe', 'inherit'] },
  );
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`No corpus.json was written for ${input}, for the reason above.`);
  const { path, corpusJson, records, accepted, next, note } = JSON.parse(stdout) as PlannedCorpus;
  tree.write(path, `${JSON.stringify(corpusJson, null, 2)}\n`);
  logger.info(`${accepted} of ${records} records of ${input} become chunks`);
  if (note !== null) logger.warn(note);
  logger.info(`Next: ${next}`);
}
