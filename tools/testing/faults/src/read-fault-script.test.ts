import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readFaultScript } from './read-fault-script.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../../fixtures/faults');

const rule = (text: string): string => `{ "openai": [{ "fault": { "reset": true } }, ${text}] }`;

it.each([
  ['[]', 'the script: expected an object'],
  ['{ "mongo": [] }', 'mongo: not known; expected one of about, seed, openai, qdrant, neon'],
  ['{ "neon": {} }', 'neon: expected a list of rules'],
  ['{ "seed": "a" }', 'seed: expected a number, found "a"'],
  [rule('7'), 'openai[1]: expected an object'],
  [rule('{ "fault": { "reset": true }, "nth": 0 }'), 'openai[1].nth: expected a whole number of 1 or more, found 0'],
  [
    rule('{ "fault": { "reset": true }, "path": "v1" }'),
    'openai[1].path: expected a path that begins with / or *, found "v1"',
  ],
  [rule('{ "fault": { "reset": true }, "chance": 20 }'), 'openai[1].chance: expected a number from 0 to 1, found 20'],
  [rule('{ "fault": { "reset": true }, "from": 3, "to": 2 }'), 'openai[1].to: expected no less than from'],
  [rule('{ "fault": { "reset": true }, "fromMs": 3, "toMs": 2 }'), 'openai[1].toMs: expected no less than fromMs'],
  [rule('{ "fault": { "status": 5.5 } }'), 'openai[1].fault.status: expected a status from 200 to 599, found 5.5'],
  [
    rule('{ "fault": { "status": 500, "headers": { "retry-after": 2 } } }'),
    'openai[1].fault.headers: expected an object of strings, found {"retry-after":2}',
  ],
  [
    rule('{ "fault": { "cut": 1.5 } }'),
    'openai[1].fault.cut: expected a share below 1 or a whole number of bytes, found 1.5',
  ],
  [
    rule('{ "fault": { "reset": true, "cut": 1 } }'),
    'openai[1].fault: expected one fault, found reset and cut; write a rule for each',
  ],
  [rule('{ "fault": {} }'), 'openai[1].fault: expected one fault, found none; write a rule for each'],
  [
    rule('{ "fault": { "cut": 1 }, "when": "before" }'),
    'openai[1].fault.cut: needs an answer to spoil, so that it cannot come before the work',
  ],
  ['{ "qdrant": [{ "fault": { "short": 1 } }] }', 'qdrant[0].fault.short: only openai has embeddings'],
])('the script %s is refused with the place and what was expected', (json, message) => {
  expect(() => readFaultScript(json)).toThrow(new Error(message));
});

it('a rule without a fault and a misspelt key are refused with the known keys', () => {
  expect(() => readFaultScript(rule('{ "nth": 1 }'))).toThrow(
    /^openai\[1\]\.fault: expected an object with one of delayMs/,
  );
  expect(() => readFaultScript(rule('{ "fault": { "rest": true } }'))).toThrow(
    /^openai\[1\]\.fault\.rest: not known; expected one of delayMs, .*reset/,
  );
});

it('all problems of a script are reported at once', () => {
  const json = '{ "seed": true, "qdrant": [{ "nth": "1", "fault": { "reset": 1 } }] }';
  expect(() => readFaultScript(json)).toThrow(
    new Error(
      [
        'seed: expected a number, found true',
        'qdrant[0].nth: expected a whole number of 1 or more, found "1"',
        'qdrant[0].fault.reset: expected true, found 1',
      ].join('\n'),
    ),
  );
});

it('a script that is not JSON is refused with that reason', () => {
  expect(() => readFaultScript('{')).toThrow('the script is not JSON: ');
});

it('every recipe is valid, has a description and is listed in the README', () => {
  const recipes = globSync('*.json', { cwd: FIXTURES });
  expect(recipes.length).toBeGreaterThan(4);
  const list = readFileSync(join(FIXTURES, 'README.md'), 'utf8');
  for (const recipe of recipes) {
    expect(readFaultScript(readFileSync(join(FIXTURES, recipe), 'utf8')).about).toBeTypeOf('string');
    expect(list).toContain(`\`${recipe}\``);
  }
});
