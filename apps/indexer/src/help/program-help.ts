import { renderPage, type PageTarget, type Section } from './page.ts';

const HEAD =
  'Lockstep keeps an index in Qdrant and Postgres in step with files of chunks, and proves it by reading both back.';

interface NamedCommand {
  readonly name: string;
  readonly summary: string;
}

/** The page of the program, or of the commands that begin with the same word. */
export function programHelp(
  groups: readonly (readonly [title: string, commands: readonly NamedCommand[]])[],
  target: PageTarget,
  group?: string,
): string {
  const isShown = ({ name }: NamedCommand): boolean => group === undefined || name.startsWith(`${group} `);
  const commands = groups.map(([title, entries]): Section => {
    const shown = entries.filter(isShown).map(({ name, summary }) => ({ term: name, meaning: summary }));
    return { title, entries: shown };
  });
  const usage = `indexer ${group === undefined ? '' : `${group} `}COMMAND`;
  const sections = [
    { title: 'Usage', entries: [{ term: `${usage} [flags]`, meaning: '' }] },
    ...commands,
    {
      title: 'Help',
      entries: [
        { term: 'COMMAND --help', meaning: 'Arguments, flags and examples of a command' },
        { term: '--version', meaning: 'Version of the program' },
      ],
    },
  ];
  return renderPage({ head: HEAD, sections: sections.filter(({ entries }) => entries.length > 0) }, target);
}
