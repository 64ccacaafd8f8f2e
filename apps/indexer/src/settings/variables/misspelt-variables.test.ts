import { expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';
import { checkEnvFile, checkProcessNames } from './misspelt-variables.ts';

const KNOWN = ['QDRANT_HOST', 'QDRANT_URL', 'OPENAI_API_KEY', 'LOCKSTEP_PROFILE', 'LOCKSTEP_MAX_COST'];
const check = (text: string) => checkEnvFile(readEnvFile(text), KNOWN);

it.each([
  ['QDRANT_HOTS=x', 'there is no variable QDRANT_HOTS (did you mean QDRANT_HOST?)'],
  ['QDRANTHOST=x', 'there is no variable QDRANTHOST (did you mean QDRANT_HOST?)'],
  ['QDRANT_URI=', 'there is no variable QDRANT_URI (did you mean QDRANT_URL?)'],
  ['qdrant_host=x', 'there is no variable qdrant_host (did you mean QDRANT_HOST?)'],
  ['LOCKSTEP_PROFLE=cloud', 'there is no variable LOCKSTEP_PROFLE (did you mean LOCKSTEP_PROFILE?)'],
  ['LOCKSTEP_MAXIMUM=1', 'there is no variable LOCKSTEP_MAXIMUM'],
  ['OPENAI_API_KEY "sk-abc', 'expected NAME=value for OPENAI_API_KEY'],
  ['OPENAI_API_KEY="sk-abc', 'expected a closing " for OPENAI_API_KEY'],
  ['QDRANT HOST=x', 'expected NAME=value for QDRANT_HOST'],
  ['export QDRANT_HOST: x', 'expected NAME=value for QDRANT_HOST'],
  ['// QDRANT_HOST=x', 'expected NAME=value for QDRANT_HOST'],
  ['QDRANT_HOTS: x', 'expected NAME=value for QDRANT_HOST'],
  ['LOCKSTEP_NEW: x', 'expected NAME=value for LOCKSTEP_NEW'],
])('%j was meant for this program and is an error', (text, problem) => {
  expect(check(`A=1\n\n${text}\n`)).toEqual({ errors: [`line 3: ${problem}`], warnings: [] });
});

it('a name of ours in a quoted value that goes over its line is an error', () => {
  expect(check('A="1\nQDRANT_HOST=x\nB=2"\n').errors).toEqual([
    'line 2: QDRANT_HOST is part of the quoted value that begins in line 1',
  ]);
});

it.each(['FOO bar', '===', 'NOTE="never closed'])('%j may be of another program and is a warning', (text) => {
  const { errors, warnings } = check(text);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^line 1: expected .*; the line is ignored$/)]);
});

it.each([
  'QDRANT_PORT=1\nOPENAI_BASE=x\nDATABASE_URI=y',
  '# QDRANT_HOTS=x',
  'LOCKSTEP_TEST_POSTGRES_URL=x',
  'QDRANT_HOST=x\nQDRANT_HOSTS=a,b',
  'TEXT="set QDRANT_HOST\nand go"',
])('%j is no problem', (text) => {
  expect(check(text)).toEqual({ errors: [], warnings: [] });
});

it('problems come in the order of their lines, and no value is repeated', () => {
  const { errors } = check('QDRANT_HOST secret\nLOCKSTEP_X=secret\nOPENAI_API_KEY secret');
  expect(errors.map((error) => error.slice(0, 6))).toEqual(['line 1', 'line 2', 'line 3']);
  expect(errors.join('')).not.toContain('secret');
});

it('names of the process are checked too, but not those that stand beside the right one', () => {
  expect(
    checkProcessNames({ PATH: '/', QDRANT_HOTS: 'x', LOCKSTEP_X: '1', OPENAI_API_KEYS: '', HOME: '/' }, KNOWN),
  ).toEqual(['there is no variable QDRANT_HOTS (did you mean QDRANT_HOST?)', 'there is no variable LOCKSTEP_X']);
  expect(checkProcessNames({ QDRANT_HOST: 'y', QDRANT_HOTS: 'x' }, KNOWN)).toEqual([]);
});
