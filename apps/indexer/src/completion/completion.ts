import type { ArgsDef } from 'citty';
import { didYouMean, EXIT, IndexingError, type ExitCode } from '@lockstep/model';
import { workspaceRoot } from '../runtime/workspace-root.ts';
import { withoutControls } from '../terminal/printable.ts';
import type { Command, CommandData } from '../wiring/workspace-command.ts';
import { candidates } from './candidates.ts';
import { COMPLETION_SCRIPTS, SHELLS } from './completion-scripts.ts';

const args: ArgsDef = {
  shell: { type: 'positional', description: 'bash, zsh or fish', required: true, valueHint: SHELLS.join('|') },
};

/** Prints a script for a shell; and as `completion candidates -- WORDS`, what such a script asks for. */
export const completion: Command = {
  meta: { name: 'completion' },
  args,
  async run({ rawArgs, data }): Promise<ExitCode> {
    const [shell = '', ...more] = rawArgs;
    if (shell === 'candidates' && more[0] === '--') {
      for (const { word, meaning } of await candidates(
        (data as CommandData).commands,
        more.slice(1),
        workspaceRoot(process.cwd()),
      )) {
        process.stdout.write(`${withoutControls(word)}${meaning ? `\t${withoutControls(meaning)}` : ''}\n`);
      }
      return EXIT.done;
    }
    const script = SHELLS.find((name) => name === shell);
    if (script === undefined || more.length > 0) {
      const found = JSON.stringify(withoutControls(script === undefined ? shell : more.join(' ')));
      const meant = script === undefined ? didYouMean(shell, SHELLS) : '';
      throw new IndexingError({
        code: 'usage',
        message: `Expected one of ${SHELLS.join(', ')}, found ${found}.${meant}`,
      });
    }
    process.stdout.write(COMPLETION_SCRIPTS[script]);
    return EXIT.done;
  },
  help: {
    args,
    examples: [
      ['source <(indexer completion bash)', 'Completes in this bash; in ~/.bashrc, in every one'],
      ['indexer completion fish | source', 'Completes in this fish'],
    ],
  },
};
