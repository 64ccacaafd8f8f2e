import type { ArgsDef } from 'citty';
import { FLAGS, type Flag, type FlagName } from '../settings/flags.ts';
import { FLAG_GROUPS } from './flag-groups.ts';
import { renderPage, type Entry, type PageTarget, type Section } from './page.ts';

/** A line to type, and what it does. */
export type Example = readonly [line: string, what: string];

/** What help tells of one command. */
export interface CommandHelp {
  /** Arguments and flags that it uses. */
  readonly args: ArgsDef;
  readonly examples: readonly [Example, Example, ...Example[]];
}

/** The page that `--help` prints for one command. */
export function commandHelp(
  { name, summary, args, examples }: CommandHelp & { readonly name: string; readonly summary: string },
  target: PageTarget,
): string {
  const positionals = Object.entries(args).filter(([, { type }]) => type === 'positional');
  const usage = ['indexer', name, ...positionals.map(([arg, definition]) => placeholder(arg, definition)), '[flags]'];
  const groups = FLAG_GROUPS.map(([title, names]): Section => {
    const entries = names.flatMap((name) => {
      const flag = args[name];
      return flag === undefined || flag.type === 'positional' ? [] : [flagEntry(name, flag)];
    });
    return { title, entries };
  });
  const sections: Section[] = [
    { title: 'Usage', entries: [{ term: usage.join(' '), meaning: '' }] },
    {
      title: 'Arguments',
      entries: positionals.map(([arg, { description = '' }]) => ({ term: arg.toUpperCase(), meaning: description })),
    },
    ...groups,
    { title: 'Examples', entries: examples.map(([term, meaning]) => ({ term, meaning })) },
  ];
  return renderPage({ head: `${summary}.`, sections: sections.filter(({ entries }) => entries.length > 0) }, target);
}

function placeholder(name: string, { required, valueHint = '' }: ArgsDef[string]): string {
  const shown = `${name.toUpperCase()}${valueHint.endsWith('...') ? '...' : ''}`;
  return required === true ? shown : `[${shown}]`;
}

function flagEntry(name: FlagName, { type, description = '', valueHint = name }: ArgsDef[string]): Entry {
  const { variable }: Flag = FLAGS[name];
  return {
    term: type === 'string' ? `--${name} <${valueHint}>` : `--${name}`,
    meaning: variable === undefined ? description : `${description} (${variable})`,
  };
}
