import { workspaceCorpora } from '../settings/workspace-corpora.ts';
import type { CommandEntry } from '../wiring/workspace-command.ts';

/** What may stand in the place of a word. */
export interface Candidate {
  readonly word: string;
  /** What it means, in a few words. @default nothing */
  readonly meaning?: string;
}

/** Options of the program itself. */
const PROGRAM_FLAGS = ['--help', '--version'];

/**
 * What may complete the last of the words, which stand after the name of the program. None where a file or any text is wanted:
 * shells then complete files.
 */
export async function candidates(
  commands: readonly CommandEntry[],
  words: readonly string[],
  root: string,
): Promise<Candidate[]> {
  const before = words[0] === 'help' ? words.slice(1, -1) : words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const [first = '', second = ''] = before;
  const entry = commands.find(({ name }) => name === first || name === `${first} ${second}`);
  if (entry === undefined) {
    const typed = before.length === 0 ? '' : `${first} `;
    const next = commands
      .filter(({ name }) => name.startsWith(typed))
      .map(({ name, summary }) => {
        const [word = '', more] = name.slice(typed.length).split(' ');
        return more === undefined ? { word, meaning: summary } : { word };
      });
    const program = before.length === 0 ? [...PROGRAM_FLAGS, 'help'].map((word) => ({ word })) : [];
    return matching([...next, ...program], last);
  }
  if (words[0] === 'help') return [];
  const { args } = (await entry.load()).help;
  const corpora = (): Candidate[] =>
    workspaceCorpora(root).map(({ name, folder }) => ({ word: name, meaning: folder }));
  const valuesOf = (flag: string): Candidate[] => {
    const { valueHint = '' } = args[flag] ?? {};
    if (flag === 'corpus') return corpora();
    return valueHint.includes('|') ? valueHint.split('|').map((word) => ({ word })) : [];
  };

  const [, joined, value] = /^--([\w-]+)=(.*)$/.exec(last) ?? [];
  if (joined !== undefined) {
    return matching(valuesOf(joined), value ?? '').map(({ word, ...rest }) => ({
      word: `--${joined}=${word}`,
      ...rest,
    }));
  }
  // bash makes three words of `--flag=value`.
  const open = /^--([\w-]+)$/.exec(before.at(-1) === '=' ? (before.at(-2) ?? '') : (before.at(-1) ?? ''))?.[1];
  if (open !== undefined && args[open]?.type === 'string') return matching(valuesOf(open), last);
  if (last.startsWith('-')) {
    const flags = Object.entries(args).filter(([, { type }]) => type !== 'positional');
    return matching(
      [
        ...flags.map(([name, { description = '' }]) => ({ word: `--${name}`, meaning: description })),
        { word: '--help' },
      ],
      last,
    );
  }
  const positional = Object.entries(args).find(([, { type }]) => type === 'positional');
  if (positional === undefined) return [];
  const [name, { valueHint = '' }] = positional;
  if (name === 'source' || name === 'corpus' || name === 'old') return matching(corpora(), last);
  return valueHint.endsWith('...')
    ? []
    : matching(
        valueHint.split('|').map((word) => ({ word })),
        last,
      );
}

function matching(all: readonly Candidate[], typed: string): Candidate[] {
  const seen = new Set<string>();
  return all.filter(({ word }) => word.startsWith(typed) && word !== '' && !seen.has(word) && seen.add(word));
}
