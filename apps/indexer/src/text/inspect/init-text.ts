import type { CorpusConfig } from '@lockstep/model';
import { printable } from '../../terminal/printable.ts';

export interface InitView {
  /** Path of the corpus.json from the current folder. */
  readonly path: string;
  /** Whether nothing was written. */
  readonly isDryRun: boolean;
  /** The content of the corpus.json. */
  readonly config: CorpusConfig;
  readonly accepted: number;
  readonly records: number;
  readonly command: string;
  /** Whether git ignores the folder, or the input alone. */
  readonly ignored: 'folder' | 'input' | undefined;
}

/** What follows where git ignores the folder of a corpus.json, or its input alone. */
export const IGNORED = {
  folder: 'git ignores this folder, so that Nx has no project for it; move it, or use the command above.',
  input: 'git ignores the input, so that `nx affected` never sees that it changed; `nx run` does.',
};

/** What init wrote, or would write, and what comes next. */
export function initText({ path, isDryRun, config, accepted, records, command, ignored }: InitView): string {
  return [
    `${isDryRun ? 'would write' : 'wrote'} ${printable(path)} (${accepted} of ${records} records become chunks)`,
    ...(isDryRun
      ? JSON.stringify(config, null, 2)
          .split('\n')
          .map((line) => `  ${printable(line)}`)
      : []),
    `next  ${printable(command)}`,
    ...(ignored === undefined ? [] : [`note  ${IGNORED[ignored]}`]),
  ].join('\n');
}
