import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstallFolder } from './install-folder.ts';
import { PUBLISHED_PACKAGES, ROOT } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';
import { tryTypes } from './try-types.ts';

/** Tasks that Nx replays when nothing has changed; the others read live services. */
const CACHED = ['validate', 'embed', 'load-qdrant', 'load-neon'];

/** Versions of Nx, by package. */
export interface NxVersions {
  readonly nx: string;
  readonly '@nx/devkit': string;
}

/** The one that this workspace has, and the newest of the major version before. */
export function supportedNxVersions(): NxVersions[] {
  const { devDependencies = {} } = readManifest(ROOT);
  return [
    { nx: devDependencies['nx'] ?? '', '@nx/devkit': devDependencies['@nx/devkit'] ?? '' },
    { nx: '23', '@nx/devkit': '23' },
  ];
}

const NX_JSON = { analytics: false, neverConnectToCloud: true, tui: { enabled: false }, useDaemonProcess: false };

const CHUNKS = [
  { id: 'whale', text: 'The whale was white as snow.' },
  { id: 'captain', text: 'The captain walked on a leg of ivory.' },
];

/** What a user does after the installation, and what it must print. */
const SET_UP = [
  { args: ['g', '@lockstep/nx:init'], prints: /nx\.json: added the plugin[^]*exit 0$/ },
  { args: ['g', '@lockstep/nx:init'], prints: /nx\.json has the plugin(?![^]*added)[^]*exit 0$/ },
  { args: ['g', '@lockstep/nx:corpus', '--help'], prints: /--input +Chunks[^]*--payload[^]*exit 0$/ },
  {
    args: ['g', '@lockstep/nx:corpus', 'docs/chunks.json', '--corpus=my-docs'],
    prints: /2 of 2 records[^]*nx run my-docs:load[^]*exit 0$/,
  },
];

/**
 * Installs the packages into a new workspace with that Nx, sets it up by the generators, loads a corpus twice, compiles
 * all imports, and says what is wrong.
 */
export function tryNxWorkspace(tarballs: readonly string[], nxVersions: NxVersions): string[] {
  const folder = createInstallFolder();
  try {
    mkdirSync(join(folder.root, 'docs'));
    writeFileSync(join(folder.root, 'nx.json'), JSON.stringify(NX_JSON));
    writeFileSync(join(folder.root, 'docs/chunks.json'), JSON.stringify(CHUNKS));
    folder.install(...Object.entries(nxVersions).map(([name, version]) => `${name}@${version}`), ...tarballs);
    const { bin } = readManifest(join(folder.root, 'node_modules/nx')) as unknown as {
      readonly bin: { readonly nx: string };
    };
    const nx = (...args: readonly string[]): string => {
      const program = join(folder.root, 'node_modules/nx', bin.nx);
      const { exit, stdout, stderr } = folder.run(process.execPath, [program, ...args]);
      return `${stdout}${stderr}\nexit ${exit}`;
    };
    const problems = SET_UP.flatMap(({ args, prints }) => {
      const output = nx(...args);
      return prints.test(output)
        ? []
        : [`nx ${args.join(' ')} in a new workspace with Nx ${nxVersions.nx} did not print ${prints}:\n${output}`];
    });
    const load = (): string => nx('run', 'indexer:load', '--outputStyle=static');
    const [first, second] = [load(), load()];
    problems.push(
      ...[first, second]
        .filter((output) => !/my-docs verify: in step[^]*All corpora are in step[^]*exit 0$/.test(output))
        .map(
          (output) => `nx run indexer:load in a new workspace with Nx ${nxVersions.nx} did not end in step:\n${output}`,
        ),
    );
    const again = CACHED.filter((stage) => !second.includes(`nx run my-docs:${stage}  [local cache]`));
    if (again.length > 0) problems.push(`Nx replayed no ${again.join(', ')} although nothing had changed:\n${second}`);
    return [...problems, ...tryTypes(folder, Object.values(PUBLISHED_PACKAGES))];
  } finally {
    folder.dispose();
  }
}
