import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printed, type Ended, type InstallFolder } from './install-folder.ts';
import { readmeCommands } from './readme-commands.ts';

const CHUNKS = [
  { id: 'whale', title: 'The whale', text: 'The whale was white as snow, and larger than the ship.' },
  { id: 'captain', title: 'The captain', text: 'The captain had lost a leg, and walked on one of ivory.' },
  { id: 'sea', title: 'The sea', text: 'Whenever it is November in my soul, I go to sea.' },
];

/** One thing that a user does, and what it must print to end well. */
interface Step {
  readonly args: readonly string[];
  readonly exit: number;
  readonly prints: readonly RegExp[];
}

const MISSING_ENGINES: readonly Step[] = [
  { args: ['run', 'chunks.json'], exit: 2, prints: [/error embedded-missing/, /npm install @lockstep\/embedded/] },
];

const INSTALLED: readonly Step[] = [
  { args: ['run', 'chunks.json'], exit: 0, prints: [/3 embedded in/, /in step .*input 3, cache 3, qdrant 3, neon 3/] },
  { args: ['run', 'chunks.json'], exit: 0, prints: [/0 embedded/, /in step .*input 3, cache 3, qdrant 3, neon 3/] },
  { args: ['verify', 'chunks.json', '--level', 'vectors'], exit: 0, prints: [/in step/] },
  { args: ['plan', 'chunks.json'], exit: 0, prints: [/unchanged +3 +3/] },
  { args: ['search', 'What colour was the animal?', '--limit', '1'], exit: 0, prints: [/The whale was white/] },
  { args: ['doctor'], exit: 0, prints: [/^ok +embedding[^]*^ok +qdrant[^]*^ok +postgres/m] },
];

/** Says what is wrong where the command line is installed without the engines. */
export function tryWithoutEngines(folder: InstallFolder, node: string): string[] {
  return trySteps(folder, node, 'without-engines', MISSING_ENGINES);
}

/** Uses the installed command line with the installed engines, and says what is wrong. */
export function tryWithEngines(folder: InstallFolder, node: string, place: string): string[] {
  return trySteps(folder, node, place, INSTALLED);
}

/** What the commands of the README for a folder without Nx print. */
const README: Readonly<Record<string, RegExp>> = {
  'npm install @lockstep/indexer @lockstep/embedded': /added \d+ packages/,
  'npx lockstep run docs/chunks.json': /in step .*input 3, cache 3, qdrant 3, neon 3/,
};

/** Follows the README in an empty folder, and says what is wrong. */
export function tryReadmeWithoutNx(folder: InstallFolder): string[] {
  writeChunks(join(folder.root, 'docs'));
  const [, commands = []] = readmeCommands('In your own workspace');
  if (commands.join('\n') !== Object.keys(README).join('\n')) {
    return [
      `README.md has ${commands.join(', ')} without Nx; ${import.meta.filename} tries ${Object.keys(README).join(', ')}.`,
    ];
  }
  return commands.flatMap((line) => {
    const output = printed(folder.type(line));
    return output.endsWith('exit 0') && README[line]?.test(output) === true
      ? []
      : [`${line} in an empty folder:\n${output}`];
  });
}

function trySteps(folder: InstallFolder, node: string, place: string, steps: readonly Step[]): string[] {
  const cwd = join(folder.root, place);
  writeChunks(cwd);
  return steps.flatMap(({ args, exit, prints }) => {
    const ended = lockstep(folder, node, args, cwd);
    const missing = prints.filter((pattern) => !pattern.test(ended.stdout + ended.stderr));
    if (ended.exit === exit && missing.length === 0) return [];
    return [
      `lockstep ${args.join(' ')} (${place}) ended with ${ended.exit}, expected ${exit}` +
        `${missing.map((pattern) => ` and ${pattern}`).join('')}:\n${ended.stdout}${ended.stderr}`,
    ];
  });
}

function writeChunks(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'chunks.json'), JSON.stringify(CHUNKS));
}

/** Runs the installed command line by a Node of our choice. */
export function lockstep(folder: InstallFolder, node: string, args: readonly string[], cwd?: string): Ended {
  return folder.run(node, [join(folder.root, 'node_modules/@lockstep/indexer/bin/indexer.js'), ...args], cwd);
}
