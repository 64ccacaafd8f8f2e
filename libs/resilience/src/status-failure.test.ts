import { expect, it } from 'vitest';
import { statusFailure } from './status-failure.ts';

it.each([
  [400, 'request-refused', 'abort'],
  [401, 'unauthorized', 'abort'],
  [403, 'unauthorized', 'abort'],
  [404, 'request-refused', 'abort'],
  [408, 'service-unavailable', 'retry'],
  [409, 'service-unavailable', 'retry'],
  [413, 'request-refused', 'abort'],
  [418, 'request-refused', 'abort'],
  [422, 'request-refused', 'abort'],
  [425, 'service-unavailable', 'retry'],
  [429, 'rate-limited', 'retry'],
  [500, 'service-unavailable', 'retry'],
  [503, 'service-unavailable', 'retry'],
  [529, 'service-unavailable', 'retry'],
])('status %i means %s, disposition %s', (status, code, disposition) => {
  expect(statusFailure(status)).toEqual({ code, disposition });
});
