import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstallFolder } from './install-folder.ts';
import { ROOT, type PublishedPackage } from './published-packages.ts';
import { readManifest } from './read-manifest.ts';

/** How TypeScript finds packages: as Node does, or as bundlers do. */
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

/** Imports every entry of the installed packages in a strict TypeScript project, and says what the compiler says. */
export function tryTypes(folder: InstallFolder, packages: readonly PublishedPackage[]): string[] {
  const entries = packages.flatMap(({ folder: project }) => {
    const { name, exports = {} } = readManifest(join(ROOT, project, 'dist'));
    return Object.entries(exports)
      .filter(([, target]) => typeof target !== 'string')
      .map(([path]) => join(name, path));
  });
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  const names = entries.map((_, index) => `entry${index}`);
  writeFileSync(
    join(folder.root, 'entries.ts'),
    `${imports.join('\n')}\nexport const entries = [${names.join(', ')}];\n${USE}`,
  );
  return RESOLUTIONS.flatMap((resolution) => {
    const config = join(folder.root, `tsconfig.${resolution.moduleResolution}.json`);
    writeFileSync(
      config,
      JSON.stringify({
        compilerOptions: {
          ...resolution,
          target: 'es2024',
          lib: ['es2024', 'esnext', 'dom', 'dom.iterable', 'dom.asynciterable'],
          types: ['node'],
          typeRoots: [join(ROOT, 'node_modules/@types')],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
        },
        files: ['entries.ts'],
      }),
    );
    const { exit, stdout, stderr } = folder.run(process.execPath, [
      join(ROOT, 'node_modules/typescript/bin/tsc6'),
      '-p',
      config,
    ]);
    return exit === 0 ? [] : [`TypeScript with moduleResolution ${resolution.moduleResolution}:\n${stdout}${stderr}`];
  });
}

/** Uses of the types, so that one that has become `any` is an error. */
const USE = `
import { EXIT, type CorpusConfig, type VerifyReceipt } from '@lockstep/indexer';
export const config: CorpusConfig = { name: 'my-docs', input: 'chunks.json' };
export const isInStep = (receipt: VerifyReceipt): boolean => receipt.ok;
// @ts-expect-error: a corpus has a name
export const nameless: CorpusConfig = { input: 'chunks.json' };
// @ts-expect-error: an exit code is a number
export const text: string = EXIT.done;
`;
