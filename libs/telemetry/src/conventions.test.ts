import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { METRICS } from '@lockstep/model';
import { expect, it } from 'vitest';
import { ATTRIBUTES } from './attributes.ts';
import { SPAN_KINDS } from './span-kinds.ts';

/** Names in the package that begin so. */
const known = (prefix: string): ReadonlySet<unknown> =>
  new Set(Object.entries(conventions).flatMap(([constant, name]) => (constant.startsWith(prefix) ? [name] : [])));

const isOurs = (name: string): boolean => name.startsWith('lockstep.');

const kinds = Object.values(SPAN_KINDS);
const metrics = kinds
  .flatMap(({ duration, metrics: of = {} }) => [duration, ...Object.values(of)])
  .filter((metric) => metric !== undefined);

it('every attribute that is not ours is one of the conventions', () => {
  const constant = [...kinds, ...metrics].flatMap(({ attributes = {} }) => Object.keys(attributes));
  const names = [...Object.values(ATTRIBUTES), ...constant].filter((name) => !isOurs(name));
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !known('ATTR_').has(name))).toEqual([]);
});

it('every metric that is not ours is one of the conventions', () => {
  const names = [...metrics.map(({ name }) => name), ...Object.keys(METRICS)].filter((name) => !isOurs(name));
  expect(names.length).toBeGreaterThan(2);
  expect(names.filter((name) => !known('METRIC_').has(name))).toEqual([]);
});

it('the operation of embeddings and the type of their tokens are values of the conventions', () => {
  const { attributes, metrics: of } = SPAN_KINDS.embeddings;
  expect({ ...attributes, ...of?.tokens?.attributes }).toMatchObject({
    'gen_ai.operation.name': conventions.GEN_AI_OPERATION_NAME_VALUE_EMBEDDINGS,
    'gen_ai.token.type': conventions.GEN_AI_TOKEN_TYPE_VALUE_INPUT,
  });
});
