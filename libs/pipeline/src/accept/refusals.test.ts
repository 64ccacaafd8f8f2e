import { failureOf } from '@lockstep/testing-ports';
import { createCorpusRig } from '@lockstep/testing-runs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_REJECT_LIMIT } from './reject-limit.ts';

const fails = async (records: readonly object[], strict = false, rejectLimit = DEFAULT_REJECT_LIMIT) =>
  String(await failureOf(createCorpusRig({ rejectLimit }).validate(records as never, { strict })));

const good = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `g${at}`, text: `Text ${at}.` }));
const bad = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `b${at}`, words: 'none' }));

describe('the message about rejected records', () => {
  it('names the reason, the keys of the records and the file where none can be accepted', async () => {
    const message = await fails(bad(2));
    expect(message).toContain(
      'None of the 2 records can be accepted; 2 missing-text (record 1, line 1, id "b0": has no text: expected one of',
    );
    expect(message).toContain('The records have id, words; name the right one with fields');
    expect(message).toContain('validate/rejects.jsonl lists each.');
  });

  it('speaks of one record in the singular', async () => {
    expect(await fails(bad(1))).toMatch(
      /The only record of the input cannot be accepted: record 1, line 1, id "b0": has no text: .* \(missing-text\)\./,
    );
    expect(await fails([...good(1), ...bad(1)], true)).toMatch(
      /1 record was rejected: 1 missing-text \(record 2, line 1, id /,
    );
  });

  it('sums too many by reason, with the file', async () => {
    const message = await fails([...good(1), ...bad(2), 7 as never, ...good(2).slice(1)]);
    expect(message).toMatch(
      /3 of 5 records would be left out: 2 missing-text \(record 2, line 1, id "b0": has no text: .*; 1 not-an-object \(record 4, line 1: /,
    );
    expect(message).toMatch(/validate\/rejects\.jsonl lists each\.$/);
  });
});

describe('the limit of rejected records', () => {
  it.each([
    [70, 2, false],
    [66, 2, true],
    [100, 2, false],
    [40, 1, true],
    [60, 1, false],
    [0, 1, true],
  ])('of %i per cent, one good and %i bad records are refused: %s', async (percent, left, refused) => {
    const records = [...good(1), ...bad(left)];
    const validated = createCorpusRig({ rejectLimit: { percent, count: 0 } }).validate(records as never);
    if (refused) expect(await failureOf(validated)).toMatchObject({ code: 'too-many-rejected' });
    else expect(await validated).toMatchObject({ accepted: 1, rejected: left });
  });
});
