import { describe, expect, it } from 'vitest';
import { IndexingError, invariant, isIndexingError, strippedCause } from './indexing-error.ts';

describe('an IndexingError', () => {
  it('an IndexingError has the disposition abort by default, and the advice of its code', () => {
    const error = new IndexingError({ code: 'delete-guard', message: 'm' });
    expect(error).toMatchObject({ name: 'IndexingError', disposition: 'abort', details: {}, retryAfterMs: undefined });
    expect(error.advice).toContain('--allow-deletes');
    expect('cause' in error).toBe(false);
  });

  it('isIndexingError recognises an error of another copy of the module', () => {
    const foreign = Object.assign(new Error('m'), { [Symbol.for('lockstep.IndexingError')]: true });
    expect([new IndexingError({ code: 'usage', message: 'm' }), foreign].map(isIndexingError)).toEqual([true, true]);
    expect([new Error('m'), null, undefined, 'm', { code: 'usage' }].some(isIndexingError)).toBe(false);
  });
});

describe('invariant', () => {
  it('invariant throws an error that is not retried, and only if the condition is false', () => {
    expect(() => invariant(true, 'm')).not.toThrow();
    expect(() => invariant(false, 'm')).toThrow(expect.objectContaining({ code: 'invariant', disposition: 'abort' }));
  });
});

describe('strippedCause', () => {
  it('strippedCause keeps only the name and the code of a vendor error', () => {
    const inner = Object.assign(new Error('connect to https://key@host'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new TypeError('fetch failed', { cause: inner }), { request: { apiKey: 'secret' } });
    expect(strippedCause(error)).toEqual({ name: 'TypeError', code: 'ECONNREFUSED' });
    for (const code of ['a secret with spaces', 'sk-proj-secret', 7]) {
      expect(strippedCause(Object.assign(new Error('m'), { code }))).toEqual({ name: 'Error' });
    }
    expect(strippedCause('secret')).toEqual({ name: 'string' });
  });
});

it('an IndexingError names the innermost stage that failed with it', () => {
  const error = new IndexingError({ code: 'aborted', message: 'Stopped.' });
  expect(error.stage).toBeUndefined();
  error.endStage('embed');
  error.endStage('run');
  expect(error.stage).toBe('embed');
});
