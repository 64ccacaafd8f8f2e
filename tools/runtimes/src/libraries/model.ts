import { parseRecord, pointIdOf, sha256Hex } from '@lockstep/model';
import { STAGES } from '@lockstep/model/stages';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async () => {
  const parsed = parseRecord({ id: 'a', text: 'Call me Ishmael.' });
  return {
    found: [parsed.ok && parsed.chunk.text, pointIdOf('moby-dick', 'a'), sha256Hex('a'), STAGES[0]],
    expected: [
      'Call me Ishmael.',
      '22531f31-f730-5172-b32f-d367a612102c',
      'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
      'validate',
    ],
  };
};
