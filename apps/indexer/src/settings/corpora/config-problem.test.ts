import { CorpusConfigSchema } from '@lockstep/model';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { configProblems } from './config-problem.ts';

const problemsOf = (content: unknown) => configProblems(v.safeParse(CorpusConfigSchema, content).issues ?? []);
const good = { name: 'docs', input: 'chunks.json' };

it.each<[unknown, readonly string[]]>([
  [good, []],
  [
    { name: 'docs', inptu: 'x' },
    ['input: expected a path to the chunks, found nothing', 'there is no field "inptu" (did you mean "input"?)'],
  ],
  [{ input: 'x' }, ['name: expected the name of the corpus, found nothing']],
  [
    { ...good, colour: 1 },
    [expect.stringMatching(/^there is no field "colour" \(the fields are \$schema, name, input, .*payload\)$/)],
  ],
  [{ ...good, fields: { ids: 'x' } }, ['there is no field "fields.ids" (did you mean "id"?)']],
  [{ ...good, fields: { id: 5 } }, ['fields.id: expected a path, or a list of paths, found 5']],
  [{ ...good, fields: { id: [] } }, ['fields.id: expected at least one path, found an empty list']],
  [{ ...good, batchSize: '5' }, ['batchSize: expected a number, found "5"']],
  [{ ...good, dimensions: 0.5 }, ['dimensions: expected a whole number, found 0.5']],
  [{ ...good, deletes: 'all' }, ['deletes: expected one of full, document, none, found "all"']],
  [{ ...good, payload: 'source' }, ['payload: expected a list, found "source"']],
  [
    { ...good, payload: ['corpus'] },
    ['payload.0: expected a field that is not already part of every payload, found "corpus"'],
  ],
  [{ ...good, model: null }, ['model: expected a text, found null']],
  [
    { ...good, input: { url: 'https://user:secret@host/x' } },
    ['input.url: expected no user or password in the address'],
  ],
  [5, ['expected an object, found 5']],
])('the problems of %j are %j', (content, problems) => {
  expect(problemsOf(content)).toEqual(problems);
});
