import { describe, expect, it } from 'vitest';
import { failureOf } from '@lockstep/testing-ports';
import { parseBeir } from './parse-beir.ts';
import { parseQuestions } from './parse-questions.ts';
import { questionsDigest } from './question.ts';

const parse = (text: string) => parseQuestions({ text, shown: 'questions.json' });
const refusalOf = (call: () => unknown) => failureOf(Promise.resolve().then(call));
const QUESTION = { id: 'q1', question: 'Who is Ishmael?', relevant: ['c1'] };

describe('questions of our own', () => {
  it('a JSON array and JSON lines give the same questions, with a byte order mark or without', () => {
    const other = {
      question: 'Where is Nantucket?',
      relevantDocuments: [{ id: 'd1', grade: 2 }, 'd2'],
      note: 'ignored',
    };
    const asArray = parse(JSON.stringify([QUESTION, other], undefined, 2));
    const asLines = parse(`\uFEFF${JSON.stringify(QUESTION)}\r\n\n${JSON.stringify(other)}\n`);
    expect(asLines).toEqual(asArray);
    expect(asArray).toEqual([
      { id: 'q1', text: 'Who is Ishmael?', by: 'chunk', relevant: new Map([['c1', 1]]) },
      {
        ...{ id: 'Where is Nantucket?', text: 'Where is Nantucket?', by: 'document' },
        relevant: new Map([
          ['d1', 2],
          ['d2', 1],
        ]),
      },
    ]);
  });

  it('the digest is that of the questions with their answers, whatever their order, ids and file are', () => {
    const [one, two] = [{ ...QUESTION }, { ...QUESTION, id: 'q2', question: 'Where is Nantucket?' }];
    const digest = (of: object[]) => questionsDigest(parse(JSON.stringify(of)));
    expect(digest([one, two])).toBe(digest([two, { ...one, id: 'another' }]));
    expect(digest([one, two])).not.toBe(digest([one, { ...two, relevant: ['c1', 'c2'] }]));
    expect(digest([one, two])).not.toBe(digest([one]));
  });

  it.each<[problem: string, text: string, message: string]>([
    ['not JSON', '[{"id": 1,}]', 'questions.json is not JSON'],
    ['an empty list', '[]', 'questions.json: expected questions, found none'],
    [
      'a line that is not JSON',
      '{"question": "a", "relevant": ["b"]}\n{',
      'questions.json, line 2: expected a JSON object',
    ],
    ['no object', '[1]', 'questions.json, question 1: expected an object with "question" and "relevant", found 1'],
    ['no question', '[{"relevant": ["a"]}]', 'question 1: question: expected a text, found nothing'],
    ['an empty question', '[{"question": " ", "relevant": ["a"]}]', 'question: expected a text, found " "'],
    ['no answers', '[{"question": "a"}]', 'relevant: expected a list of ids, or of { "id", "grade" }, found nothing'],
    ['an empty list of answers', '[{"question": "a", "relevant": []}]', 'found an empty list'],
    ['answers that are no list', '[{"question": "a", "relevant": "c1"}]', 'found "c1"'],
    ['an answer that is no id', '[{"question": "a", "relevant": [["c1"]]}]', 'relevant[0]: expected an id'],
    [
      'a grade below 0',
      '[{"question": "a", "relevant": [{"id": "b", "grade": -1}]}]',
      'grade: expected a number of 0 or more, found -1',
    ],
    [
      'no grade above 0',
      '[{"question": "a", "relevant": [{"id": "b", "grade": 0}]}]',
      'at least one answer with a grade above 0',
    ],
    [
      'an answer twice',
      '[{"question": "a", "relevant": ["b", "b"]}]',
      'relevant[1]: expected each id once, found "b" again',
    ],
    [
      'both kinds of answers',
      '[{"question": "a", "relevant": ["b"], "relevantDocuments": ["c"]}]',
      'expected relevant or relevantDocuments, found both',
    ],
    [
      'an id that is no text',
      '[{"id": {}, "question": "a", "relevant": ["b"]}]',
      'id: expected a text or a number, found an object',
    ],
    [
      'an id twice',
      JSON.stringify([QUESTION, QUESTION]),
      'question 2: id: expected one that no other question has, found that of questions.json, question 1',
    ],
  ])('%s is an error that names the place', async (_problem, text, message) => {
    const failure = await refusalOf(() => parse(text));
    expect(failure).toMatchObject({ code: 'questions-invalid' });
    expect(failure.message).toContain(message);
  });

  it('names the first five wrong places, and counts the others', async () => {
    const failure = await refusalOf(() => parse(JSON.stringify(Array(12).fill(1))));
    expect(failure.message.match(/expected an object/g)).toHaveLength(5);
    expect(failure.message).toContain('and 7 more');
  });
});

describe('questions of BEIR', () => {
  const QUERIES = {
    shown: 'queries.jsonl',
    text: '{"_id":"1","text":"one?"}\n{"_id":"2","text":"two?"}\n{"_id":"3","text":"three?"}\n',
  };
  const beir = (qrels: string, queries = QUERIES) =>
    parseBeir({ queries, qrels: { shown: 'qrels/test.tsv', text: qrels } });

  it('takes the queries that the qrels judge, with their grades', () => {
    expect(beir('query-id\tcorpus-id\tscore\n2\tc9\t2\n2\tc1\t1\r\n1\tc7\t0\n1\tc8\t1\n3\tc1\t0\n')).toEqual([
      {
        ...{ id: '2', text: 'two?', by: 'chunk' },
        relevant: new Map([
          ['c9', 2],
          ['c1', 1],
        ]),
      },
      {
        ...{ id: '1', text: 'one?', by: 'chunk' },
        relevant: new Map([
          ['c7', 0],
          ['c8', 1],
        ]),
      },
    ]);
  });

  it.each<[problem: string, qrels: string, message: string]>([
    [
      'a query that is not there',
      '9\tc1\t1',
      'qrels/test.tsv, line 1: query-id: expected one of queries.jsonl, found "9"',
    ],
    [
      'too few columns',
      'query-id\tcorpus-id\tscore\n1\tc1',
      'qrels/test.tsv, line 2: expected query-id, corpus-id and score',
    ],
    ['a score that is no number', '1\tc1\tyes', 'score: expected a number, found "yes"'],
    ['no judgement', 'query-id\tcorpus-id\tscore\n', 'expected queries with a score above 0, found none'],
  ])('%s is an error that names the line', async (_problem, qrels, message) => {
    const failure = await refusalOf(() => beir(qrels));
    expect(failure).toMatchObject({ code: 'questions-invalid' });
    expect(failure.message).toContain(message);
  });

  it('a query without a text is an error that names the line', async () => {
    const failure = await refusalOf(() => beir('1\tc1\t1', { ...QUERIES, text: '{"_id":"1"}' }));
    expect(failure.message).toContain('queries.jsonl, line 1: text: expected a text, found nothing');
  });
});
