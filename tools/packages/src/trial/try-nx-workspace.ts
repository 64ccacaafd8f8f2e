import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstallFolder, printed, type InstallFolder, type Manager } from './install-folder.ts';
import { PUBLISHED_PACKAGES } from '../published-packages.ts';
import { readmeCommands } from './readme-commands.ts';
import { tryApi } from './try-api.ts';
import { tryKilledStage } from './try-killed-stage.ts';
import { tryTypes } from './try-types.ts';

/** A new workspace of a user. */
export interface NxWorkspace {
  readonly manager: Manager;
  /** What it has before our packages come. */
  readonly packages: readonly string[];
  /** Whether a killed stage and the imports are tried too. */
  readonly thoroughly: boolean;
}

const NX_JSON = { analytics: false, neverConnectToCloud: true, tui: { enabled: false }, useDaemonProcess: false };

const CHUNKS = [
  { id: 'whale', text: 'The whale was white as snow.' },
  { id: 'captain', text: 'The captain walked on a leg of ivory.' },
];
const NOTES = [
  { id: 'bread', text: 'Bread is baked in an oven.' },
  { id: 'snow', text: 'Snow covers the mountain.' },
];

/** Tasks that Nx replays when nothing has changed; the others read live services. */
const CACHED = ['validate', 'embed', 'load-qdrant', 'load-neon'];

/** What each command of the README prints. Its corpus is named after docs/chunks.json. */
const README: Readonly<Record<string, RegExp>> = {
  'npx nx add @lockstep/nx': /nx\.json: added the plugin[^]*added @lockstep\/indexer and @lockstep\/embedded/,
  'npx nx g @lockstep/nx:corpus docs/chunks.json': /2 of 2 records[^]*nx run chunks:load/,
  'npx nx run indexer:load': /chunks +(?:[^\w\s] )?in step/,
  'npx nx affected -t load': /Running target load for project chunks and/,
};

/**
 * Follows the README in a new workspace: installs the packages, sets it up by the generators, loads corpora, edits one and
 * loads what is affected. Says what is wrong.
 */
export async function tryNxWorkspace(registry: string, workspace: NxWorkspace): Promise<string[]> {
  const folder = createInstallFolder(registry, workspace.manager);
  const problems: string[] = [];
  const type = (line: string, prints: RegExp, exit = 0): string => {
    const output = printed(folder.type(line));
    if (!output.endsWith(`exit ${exit}`) || !prints.test(output)) {
      problems.push(`${line} was to print ${prints} and end with ${exit}:\n${output}`);
    }
    return output;
  };
  const expectReceipts = (corpus: string, wanted: { readonly embedded: number; readonly chunks: number }): void => {
    const receipt = (path: string) =>
      JSON.parse(readFileSync(join(folder.root, '.lockstep', corpus, path), 'utf8')) as Readonly<
        Record<string, unknown>
      >;
    const { chunks } = wanted;
    const expected = {
      embedded: wanted.embedded,
      ok: true,
      input: chunks,
      cache: chunks,
      qdrant: chunks,
      neon: chunks,
    };
    const { ok, counts } = receipt('verify.json') as { readonly ok: unknown; readonly counts: object };
    const found = { embedded: receipt('embed/receipt.json')['embedded'], ok, ...counts };
    const [shown, wantedShown] = [JSON.stringify(found), JSON.stringify(expected)];
    if (shown !== wantedShown) problems.push(`The receipts of ${corpus} have ${shown}, expected ${wantedShown}.`);
  };
  try {
    setUp(folder, workspace);
    const [commands = []] = readmeCommands('In your own workspace');
    for (const line of new Set([...commands, ...Object.keys(README)])) {
      const prints = README[line];
      if (prints === undefined)
        problems.push(`README.md has the command ${line}, which is not tried; see ${import.meta.filename}.`);
      else if (!commands.includes(line)) problems.push(`README.md has no command ${line} any more.`);
    }
    for (const line of commands) {
      if (line.includes(' affected ')) {
        addCorpus(folder, type);
        write(folder, 'docs/chunks.json', [{ id: 'whale', text: 'The whale was red.' }, ...CHUNKS.slice(1)]);
      }
      const output = type(line, README[line] ?? /./);
      if (line.includes(' affected ') && output.includes('notes:')) {
        problems.push(`${line} did more than load the edited corpus:\n${output}`);
      }
      if (line.includes('load')) expectReceipts('chunks', { chunks: 2, embedded: line.includes(' affected ') ? 1 : 2 });
    }
    expectReceipts('notes', { chunks: 2, embedded: 2 });
    type('npx nx g @lockstep/nx:init', /nx\.json has the plugin(?![^]*added)/);
    type('npx nx g @lockstep/nx:corpus --help', /--input +Chunks[^]*--payload/);
    const again = type(
      'npx nx run indexer:load --outputStyle=static',
      /(?=[^]*chunks verify: (?:[^\w\s] )?in step)(?=[^]*notes verify: (?:[^\w\s] )?in step)/,
    );
    const ran = CACHED.filter((stage) => !again.includes(`nx run chunks:${stage}  [local cache]`));
    if (ran.length > 0) problems.push(`Nx ran ${ran.join(', ')} again although nothing had changed:\n${again}`);
    if (workspace.thoroughly) {
      problems.push(...(await tryKilledStage(folder)));
      problems.push(...tryTypes(folder, Object.values(PUBLISHED_PACKAGES)));
      problems.push(...(await tryApi(folder)));
    }
  } finally {
    folder.dispose();
  }
  return problems.map(
    (problem) => `In a new workspace by ${workspace.manager} with ${workspace.packages.join(' and ')}: ${problem}`,
  );
}

/** What a user has before Lockstep comes: Nx, git, and chunks. */
function setUp(folder: InstallFolder, { packages }: NxWorkspace): void {
  writeFileSync(join(folder.root, 'nx.json'), JSON.stringify(NX_JSON));
  writeFileSync(join(folder.root, '.gitignore'), 'node_modules\n.nx\n');
  write(folder, 'docs/chunks.json', CHUNKS);
  folder.install('-D', ...packages);
  succeed(folder, 'git init --quiet --initial-branch=main');
  commit(folder);
}

/** Adds a second corpus, loads it, and commits everything, so that nothing is affected. */
function addCorpus(folder: InstallFolder, type: (line: string, prints: RegExp) => void): void {
  write(folder, 'notes/notes.json', NOTES);
  type('npx nx g @lockstep/nx:corpus notes/notes.json', /2 of 2 records[^]*nx run notes:load/);
  type('npx nx run indexer:load', /notes +(?:[^\w\s] )?in step/);
  commit(folder);
}

function commit(folder: InstallFolder): void {
  succeed(folder, 'git add --all');
  succeed(
    folder,
    'git -c user.name=user -c user.email=user@host.test -c commit.gpgsign=false commit --quiet -m change',
  );
}

function succeed(folder: InstallFolder, line: string): void {
  const output = printed(folder.type(line));
  if (!output.endsWith('exit 0')) throw new Error(`${line} failed:\n${output}`);
}

export function write(folder: InstallFolder, path: string, chunks: readonly object[]): void {
  mkdirSync(join(folder.root, path, '..'), { recursive: true });
  writeFileSync(join(folder.root, path), `${JSON.stringify(chunks)}\n`);
}
