import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, type ArgsDef } from 'citty';
import { ERROR_CATALOGUE } from '@lockstep/model';
import { STAGES } from '@lockstep/model/stages';
import { beforeAll, expect, it } from 'vitest';
import { COMMANDS } from './commands.ts';
import { FLAG_NAMES } from './settings/flags.ts';
import { parseFlags } from './settings/parse-flags.ts';
import type { Command } from './wiring/workspace-command.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules', '**/dist'] }).toSorted();

const commands = new Map<string, Command>();
beforeAll(async () => {
  for (const { name, load } of COMMANDS) commands.set(name, await load());
});

/** A comment, a word (with quotes, a placeholder such as <corpus>, or plain), or what stands between commands. */
const TOKEN =
  /\s*(?:(?<comment>#.*)|(?<word>(?:"(?:\\.|[^"\\])*"|'[^']*'|<[\w.-]+>|\\.|[^\s|;&<>()"'#]|(?<=\S)#)+)|(?<between>[|;&<>()]+)|["'])/gy;

/** What may stand before a command: a prompt, an item of YAML, variables, what starts a program of a package. */
const BEFORE = /^(\$|-|run:|npx|[A-Z][A-Z0-9_]*=.*)$/;

/** The commands of ours, and those of Nx, that a shell finds in a line, each as its words. */
function commandsIn(line: string): string[][] {
  const all: string[][] = [[]];
  for (const { groups: { word, comment, between } = {} } of line.matchAll(TOKEN)) {
    if (comment !== undefined) break;
    if (between !== undefined) all.push([]);
    else if (word !== undefined) all.at(-1)?.push(word.replaceAll(/(["'])(.*?)\1/g, '$2'));
  }
  return all
    .map((words) => words.slice(words.findIndex((word) => !BEFORE.test(word))))
    .filter(([program = '']) => /^(indexer|lockstep|nx)$/.test(program));
}

/** A piece of code, and where it stands. */
interface Piece {
  readonly where: string;
  readonly code: string;
  /** Whether it may name a command without what the command needs, such as `indexer run`. @default false */
  readonly isMention?: boolean;
}

/** What is wrong with a command, by the parser of the program. Undefined where it is right. */
function problemOf([program = '', ...words]: readonly string[], isMention = false): string | undefined {
  const [first = '', second = ''] = words;
  if (first.startsWith('<') || words.length === 0) return undefined;
  if (program === 'nx') return problemInNx(words, isMention);
  if (['--help', '--version', '-v', 'version'].includes(first)) return undefined;
  if (first === 'help') return words.length < 2 ? undefined : problemOf([program, ...words.slice(1), '--help']);
  const name = commands.has(first) ? first : `${first} ${second}`;
  const command = commands.get(name);
  if (command === undefined) return `there is no command "${name}"`;
  const given = words.slice(name.split(' ').length);
  if (given.includes('--help')) return undefined;
  const known = command.args as ArgsDef;
  const positional = Object.values(known).find(({ type }) => type === 'positional');
  const isSeveral = positional !== undefined && 'valueHint' in positional && positional.valueHint?.endsWith('...');
  try {
    const parsed = parseArgs(isMention ? [...given, '<value>', '<value>'] : given, known);
    parseFlags(parsed, known, isSeveral || isMention);
    if (isMention || positional === undefined || parsed._.length > 0 || parsed['all'] === true) return undefined;
    return 'its argument is missing';
  } catch (error) {
    return (error as Error).message;
  }
}

const targets = ['load', 'plan', 'status', ...STAGES];
/** Targets of the projects of this repository. */
const own = new Map(
  files('{apps,libs,tools,tools/testing}/*/package.json').map((path) => {
    const { nx = {} } = JSON.parse(read(path)) as { nx?: { name?: string; targets?: object } };
    return [nx.name, Object.keys(nx.targets ?? {})];
  }),
);

/** What is wrong with a command of Nx: a target that no corpus has, a generator or one of its flags that there is not. */
function problemInNx([command = '', ...words]: readonly string[], isMention: boolean): string | undefined {
  const unknown = (found: readonly string[], known: readonly string[]): string | undefined => {
    const wrong = found.find((each) => !known.includes(each));
    return wrong === undefined ? undefined : `there is no ${wrong}; expected one of ${known.join(', ')}`;
  };
  const [first = ''] = words;
  if (isMention && first === '') return undefined;
  if (command === 'run') {
    const [project, target = ''] = first.split(':');
    return unknown([target], [...targets, ...(own.get(project) ?? [])]);
  }
  if (command === 'affected' || command === 'run-many') {
    const [, , named = ''] = /(^| )(?:-t|--targets?)[ =](\S+)/.exec(words.join(' ')) ?? [];
    return unknown(named.split(','), [...targets, ...[...own.values()].flat()]);
  }
  if (command === 'g') {
    const [, name = ''] = /^@lockstep\/nx:(\w+)$/.exec(first) ?? [];
    const { generators } = JSON.parse(read('tools/nx-corpus/generators.json')) as { generators: object };
    const schema = unknown([name], Object.keys(generators)) ?? read(`tools/nx-corpus/schemas/${name}.schema.json`);
    if (!schema.startsWith('{')) return schema;
    const { properties } = JSON.parse(schema) as { properties: Record<string, { $default?: object }> };
    const flags = words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []);
    const positionals = words.slice(1).filter((word) => !word.startsWith('-')).length;
    const expected = Object.values(properties).filter(({ $default }) => $default !== undefined).length;
    if (positionals !== expected && !isMention) return `expected ${expected} arguments`;
    return unknown(flags, [...Object.keys(properties), 'dry-run', 'help']);
  }
  return unknown([command], ['add', 'show', 'release']);
}

/** The lines of blocks of code that a shell reads, and the code within the text, of a Markdown document. */
function piecesOf(where: string): Piece[] {
  const block = /^( *)```(\w*)[^\n]*\n([^]*?)^ *```$/gm;
  const text = read(where);
  const lines = [...text.matchAll(block)]
    .filter(([, , language = '']) => ['', 'sh', 'bash', 'console', 'text', 'yaml'].includes(language))
    .flatMap(([, , , code = '']) => code.replaceAll('\\\n', ' ').split('\n'));
  const spans = spansOf(text.replaceAll(block, ''));
  return [
    ...lines.map((code) => ({ where, code })),
    ...spans.map((code) => ({ where, code, isMention: !code.includes('npx ') })),
  ];
}

/** The code within a text. */
function spansOf(text: string): string[] {
  return [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code = '']) => code);
}

/** Everything that is wrong with the commands in pieces of code, and how many commands there are. */
function check(pieces: readonly Piece[]) {
  const typed = pieces.flatMap(({ code, ...piece }) => commandsIn(code).map((words) => ({ ...piece, words })));
  const wrong = typed.flatMap(({ where, words, isMention }) => {
    const problem = problemOf(words, isMention);
    return problem === undefined ? [] : [`${where}: ${words.join(' ')}: ${problem}`];
  });
  return { wrong, count: typed.length };
}

const DOCUMENTS = ['*.md', 'docs/**/*.md', 'apps/*/README.md', 'tools/nx-corpus/README.md', 'fixtures/*/README.md'];

it('every command in a document is one of the program or of Nx, with flags and arguments that it takes', () => {
  const { wrong, count } = check(DOCUMENTS.flatMap(files).flatMap(piecesOf));
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(100);
});

it('every command in a workflow is one of the program or of Nx, with flags and arguments that it takes', () => {
  const { wrong, count } = check(
    files('.github/workflows/*.yml').flatMap((where) =>
      read(where)
        .split('\n')
        .map((code) => ({ where, code })),
    ),
  );
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(2);
});

it('every command in the examples of help is one of the program, with flags and arguments that it takes', () => {
  const examples = [...commands].flatMap(([where, { help }]) => help.examples.map(([code]) => ({ where, code })));
  expect(check(examples)).toEqual({ wrong: [], count: examples.length });
});

it('every command in a message or an advice is one of the program or of Nx, with flags and arguments that it takes', () => {
  const advice = Object.entries(ERROR_CATALOGUE).flatMap(([where, entry]) =>
    spansOf(entry.advice).map((code) => ({ where, code })),
  );
  // In a text between backticks, code stands between escaped ones.
  const messages = files('{apps/indexer,libs/*,tools/nx-corpus}/src/**/*.ts')
    .filter((path) => !path.includes('.test.'))
    .flatMap((where) =>
      [...read(where).matchAll(/\\`([^`\\\n]+)\\`|(?<=['"][^'"`\n]*)`([^`\n]+)`(?=[^'"`\n]*['"])/g)].map(
        ([, escaped, plain]) => {
          const code = (escaped ?? plain ?? '').replaceAll(/\$\{[^}]*\}/g, '<value>');
          return { where, code, isMention: /^\w+ [\w-]+$/.test(code) };
        },
      ),
    );
  const { wrong, count } = check([...advice, ...messages]);
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(10);
});

it('every flag that stands alone in a document of the program or in an advice is one that a command takes', () => {
  const known = new Set<string>([...FLAG_NAMES, 'help', 'version']);
  const pages = ['README.md', ...files('docs/*.md'), 'apps/indexer/README.md', 'tools/nx-corpus/README.md'];
  const texts = [
    ...pages.map((path) => [path, spansOf(read(path)).filter((code) => code.startsWith('--'))] as const),
    ...Object.entries(ERROR_CATALOGUE).map(([code, { advice }]) => [code, [advice]] as const),
  ];
  const wrong = texts.flatMap(([where, pieces]) =>
    pieces
      .flatMap((piece) => [...piece.matchAll(/(?<![\w-])--([a-z][\w-]*)/g)].map(([, flag = '']) => flag))
      .filter((flag) => !known.has(flag))
      .map((flag) => `${where}: --${flag}`),
  );
  expect(wrong).toEqual([]);
});
