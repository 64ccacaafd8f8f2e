import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type PublishedPackage } from '../published-packages.ts';

/** A package as npm would publish it. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
  /** Bytes of its files when unpacked. */
  readonly unpackedBytes: number;
  readonly paths: readonly string[];
}

/** Packs the built package into `folder`. */
export function packPackage({ folder: project }: PublishedPackage, folder: string): Tarball {
  const dist = join(ROOT, project, 'dist');
  const shown = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder, dist], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const [packed] = JSON.parse(shown) as {
    readonly name: string;
    readonly version: string;
    readonly filename: string;
    readonly size: number;
    readonly unpackedSize: number;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (packed === undefined) throw new Error(`npm packed nothing in ${dist}.`);
  return {
    name: packed.name,
    version: packed.version,
    file: join(folder, packed.filename),
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    paths: packed.files.map(({ path }) => path),
  };
}

export function readTarball({ file }: Tarball): ArrayBuffer {
  return Uint8Array.from(readFileSync(file)).buffer;
}
