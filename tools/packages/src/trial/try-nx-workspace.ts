import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInstallFolder } from './install-folder.ts';
import { PUBLISHED_PACKAGES, ROOT } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';
import { tryTypes } from './try-types.ts';

/** Tasks that Nx replays when nothing has changed; the others read live services. */
const CACHED = ['validate', 'embed', 'load-qdrant', 'load-neon'];

/** Installs the packages into a new Nx workspace, loads a corpus twice, compiles all imports, and says what is wrong. */
export function tryNxWorkspace(tarballs: readonly string[]): string[] {
  const folder = createInstallFolder();
  try {
    const files = {
      'nx.json': {
        plugins: ['@lockstep/nx'],
        analytics: false,
        neverConnectToCloud: true,
        tui: { enabled: false },
        useDaemonProcess: false,
      },
      'docs/corpus.json': { name: 'my-docs', input: 'chunks.json' },
      'docs/chunks.json': [
        { id: 'whale', text: 'The whale was white as snow.' },
        { id: 'captain', text: 'The captain walked on a leg of ivory.' },
      ],
    };
    mkdirSync(join(folder.root, 'docs'));
    for (const [path, content] of Object.entries(files)) {
      writeFileSync(join(folder.root, path), JSON.stringify(content));
    }
    const { devDependencies = {} } = readManifest(ROOT);
    folder.install(...['nx', '@nx/devkit'].map((name) => `${name}@${devDependencies[name]}`), ...tarballs);
    const load = (): string => {
      const nx = join(folder.root, 'node_modules/nx/dist/bin/nx.js');
      const { exit, stdout, stderr } = folder.run(process.execPath, [
        nx,
        'run',
        'my-docs:load',
        '--outputStyle=static',
      ]);
      return `${stdout}${stderr}\nexit ${exit}`;
    };
    const [first, second] = [load(), load()];
    const problems = [first, second]
      .filter((output) => !/my-docs verify: in step[^]*exit 0$/.test(output))
      .map((output) => `nx run my-docs:load in a new workspace did not end in step:\n${output}`);
    const again = CACHED.filter((stage) => !second.includes(`nx run my-docs:${stage}  [local cache]`));
    if (again.length > 0) problems.push(`Nx replayed no ${again.join(', ')} although nothing had changed:\n${second}`);
    return [...problems, ...tryTypes(folder, Object.values(PUBLISHED_PACKAGES))];
  } finally {
    folder.dispose();
  }
}
