import { describe, expect, it } from 'vitest';
import { readInput, valuesOf } from '@lockstep/testing-runs';

describe('the form is told by the bytes', () => {
  const objects = [{ id: 1, t: ['x'] }, { id: 2, t: ['{"id":3}\n'] }, { id: 4 }];
  const texts = {
    lines: objects.map((object) => JSON.stringify(object)).join('\n'),
    'pretty objects': objects.map((object) => JSON.stringify(object, null, 2)).join('\n'),
    'objects without space': objects.map((object) => JSON.stringify(object)).join(''),
    'an array': JSON.stringify(objects),
    'a pretty array': JSON.stringify(objects, null, 2),
    'a line for each element': `[${objects.map((object) => JSON.stringify(object)).join(',\n')}]`,
    'arrays one after another': objects.map((object) => JSON.stringify([object], null, 1)).join('\n'),
    'a pretty container': JSON.stringify({ note: 1, chunks: objects }, null, 2),
  };

  it.each(Object.entries(texts))('whatever the name says: %s', async (_what, text) => {
    for (const name of ['a.json', 'a.jsonl', 'a.csv', 'a.parquet', 'a'])
      for (const size of [1, 20, 1000]) expect(valuesOf(await readInput(text, { name }, size)), name).toEqual(objects);
  });

  it('and a broken first line is one record, where the next shows that lines are meant', async () => {
    const text = `{"id":1,"t":"Be"ta"}\n${texts.lines}`;
    for (const name of ['a.json', 'a.jsonl'])
      expect(valuesOf(await readInput(text, { name }))).toEqual([undefined, ...objects]);
  });
});
