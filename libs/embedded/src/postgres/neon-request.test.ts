import { describe, expect, it } from 'vitest';

import { startsWithCopy } from './neon-request.ts';

describe('startsWithCopy', () => {
  it.each(['copy t from stdin', 'COPY(SELECT 1) TO STDOUT', ' \n;\t copy t', '--x\ncopy t', '/*a/*b*/c*/--\r\ncopy t'])(
    'sees COPY in %j',
    (text) => {
      expect(startsWithCopy(text)).toBe(true);
    },
  );

  it.each(['', ';', '--', '-- copy', '/* copy', '/*/**/ copy', 'copyright()', 'copy_x', 'select copy', '"copy" t'])(
    'sees none in %j',
    (text) => {
      expect(startsWithCopy(text)).toBe(false);
    },
  );
});
