import { readRecords } from '@lockstep/pipeline';
import type { LibraryCall } from './library-call.ts';

const CSV = 'id,text\na,"Call me, Ishmael."\nb,Loomings\n';

export const call: LibraryCall = async () => {
  const found: unknown[] = [];
  for (const [name, bytes] of [
    ['chunks.csv', new Blob([CSV]).stream()],
    ['chunks.csv.gz', new Blob([CSV]).stream().pipeThrough(new CompressionStream('gzip'))],
  ] as const) {
    for await (const { value } of readRecords(bytes, { name })) found.push(value);
  }
  const expected = [
    { id: 'a', text: 'Call me, Ishmael.' },
    { id: 'b', text: 'Loomings' },
  ];
  return { found, expected: [...expected, ...expected] };
};
