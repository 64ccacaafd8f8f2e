import { expect, it } from 'vitest';
import { generatedRecords, type Edit } from './generate-corpus.ts';

const records = (edit: Edit) => [...generatedRecords({ chunks: 300, seed: 1, edit })];

it('gives the same records for the same seed', () => {
  expect(records('none')).toEqual(records('none'));
});

it.each([
  ['metadata', 'chapter_title'],
  ['text', 'text_snippet_preview'],
] as const)('edits the %s of one record in a hundred and nothing else', (edit, field) => {
  const before = records('none');
  const after = records(edit);
  const differing = after.flatMap((record, at) => (record[field] === before[at]?.[field] ? [] : [at]));
  expect(differing).toEqual([0, 100, 200]);
  expect(after.map((record) => ({ ...record, [field]: '' }))).toEqual(
    before.map((record) => ({ ...record, [field]: '' })),
  );
});

it('gives texts of about 800 characters', () => {
  for (const { text_snippet_preview: text } of records('none')) {
    expect(text.length).toBeGreaterThanOrEqual(800);
    expect(text.length).toBeLessThan(850);
  }
});
