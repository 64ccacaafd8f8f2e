import { packTable, pageHtml, unpackTable } from '@lockstep/report';
import type { LibraryCall } from './library-call.ts';

/** Deflates with what the web has for it. */
const deflate = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer(),
  );

export const call: LibraryCall = async () => {
  const table = await packTable({ corpus: ['a', 'b', 'a'], line: [1, null, 3] }, deflate);
  const asset = { script: '', style: '', scriptDigest: 'sha256-a', styleDigest: 'sha256-b' };
  const html = pageHtml(asset, null, { title: 'A <title>' });
  return {
    found: [await unpackTable(table, ['corpus', 'line']), html.includes('<title>A &lt;title></title>')],
    expected: [{ corpus: ['a', 'b', 'a'], line: [1, null, 3] }, true],
  };
};
