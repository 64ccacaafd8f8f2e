import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';

type Unpack = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * Unpack gzip of any number of members, and zstd where this Node has it (22.15 and newer). They fail for what is cut,
 * damaged or followed by anything else, with zlib's error, and pass on what the bytes fail with.
 */
export const unpackers: { readonly gzip: Unpack; readonly zstd?: Unpack } = {
  gzip: (bytes) => through(zlib.createGunzip(), bytes),
  ...('createZstdDecompress' in zlib && {
    zstd: (bytes: AsyncIterable<Uint8Array>) => through(zlib.createZstdDecompress(), bytes),
  }),
};

/** The part of a stream of zlib that is used. */
type Engine = Transform & { readonly bytesWritten: number };

async function* through(engine: Engine, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let given = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const block of bytes) {
      given += block.length;
      yield block;
    }
  }
  const source = Readable.from(counted(), { objectMode: false, highWaterMark: 1 });
  source.on('error', (error) => engine.destroy(error));
  source.pipe(engine);
  try {
    for await (const block of engine) yield block as Uint8Array;
  } finally {
    source.destroy();
    engine.destroy();
  }
  // zlib passes over what it does not know behind the last member.
  if (engine.bytesWritten < given) throw new Error(`${given - engine.bytesWritten} bytes follow the end`);
}
