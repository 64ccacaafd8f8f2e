import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InstallFolder } from './install-folder.ts';
import { ROOT, type PublishedPackage } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';

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
    join(folder.root, 'entries.mts'),
    `${imports.join('\n')}\nexport const entries = [${names.join(', ')}];\n${USE}`,
  );
  return compile(folder, 'entries.mts');
}

/** Compiles a file of the folder in a strict project, once for each way of finding packages, and says what is wrong. */
export function compile(folder: InstallFolder, file: string): string[] {
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
        files: [file],
      }),
    );
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc6');
    const { exit, stdout, stderr } = folder.run(process.execPath, [compiler, '-p', config, '--pretty', 'false']);
    // The declarations of Nx itself do not compile in a strict project.
    const errors = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(': error ') && !OF_NX.test(line));
    if (exit !== 0 && stdout === '') errors.push(`The compiler ended with ${exit}: ${stderr}`);
    return errors.map((error) => `TypeScript with moduleResolution ${resolution.moduleResolution}: ${error}`);
  });
}

const OF_NX = /^node_modules\/(\.pnpm\/[^/]+\/node_modules\/)?(nx|@nx)\//;

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
