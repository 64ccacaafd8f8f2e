import { expect, it } from 'vitest';
import { connectionProblem } from './connection-problem.ts';

const withCode = (code: string): Error => Object.assign(new Error('connect to secret'), { code });
const fetchFailed = (cause: unknown): Error => new TypeError('fetch failed', { cause });

it.each([
  ['ECONNREFUSED', 'connection refused (ECONNREFUSED)', true, false],
  ['ENOTFOUND', 'no such host (ENOTFOUND)', true, false],
  ['ECONNRESET', 'the connection was closed (ECONNRESET)', false, false],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time (UND_ERR_CONNECT_TIMEOUT)', true, false],
  ['CERT_HAS_EXPIRED', 'TLS: the certificate has expired (CERT_HAS_EXPIRED)', true, true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS: the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)', true, true],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS: the server does not speak it (ERR_SSL_WRONG_VERSION_NUMBER)', true, true],
  ['ERR_SSL_NEW_KIND', 'TLS failed (ERR_SSL_NEW_KIND)', true, true],
  ['HPE_INVALID_CONSTANT', 'the answer is not HTTP (HPE_INVALID_CONSTANT)', true, true],
  ['EWHATEVER', 'EWHATEVER', false, false],
])('%s means %j, wherever it is among the causes', (code, words, isUnsent, isFinal) => {
  const known = { words, isUnsent, isFinal };
  expect(connectionProblem(withCode(code))).toEqual(known);
  expect(connectionProblem(fetchFailed(withCode(code)))).toEqual(known);
  expect(connectionProblem(fetchFailed(new AggregateError([withCode(code)])))).toEqual(known);
});

it.each([
  [fetchFailed(new Error('bad port')), 'HTTP clients refuse this port'],
  [new Error('The server does not support SSL connections'), 'TLS: the server does not speak it'],
  [new Error('Network connection lost.'), 'the connection was closed'],
  [new Error('timeout exceeded when trying to connect'), 'no connection in time'],
])('%s is known by its words', (error, words) => {
  expect(connectionProblem(error)?.words).toBe(words);
});

it('an error that tells nothing of a connection is no problem of one', () => {
  expect(connectionProblem(new TypeError('terminated'))).toBeUndefined();
  expect(connectionProblem('text')).toBeUndefined();
});
