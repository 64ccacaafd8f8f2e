import { homedir, tmpdir } from 'node:os';
import { IndexingError } from '@lockstep/model';
import { expect, it } from 'vitest';
import { createPathHider, textsWith, withoutPaths } from './hide-paths.ts';

const hide = createPathHider({ root: '/srv/docs', stateDirectory: '/srv/docs/.lockstep' });

it.each([
  ['Cannot open /srv/docs/.lockstep/postgres (EACCES)', 'Cannot open .lockstep/postgres (EACCES)'],
  ['/srv/docs/books/chunks.json and /srv/docs/films', './books/chunks.json and ./films'],
  [`${homedir()}/secret-project`, '~/secret-project'],
  [`${tmpdir()}/x`, 'TMP/x'],
  ['nothing to hide', 'nothing to hide'],
])('of %j is told %j', (text, shown) => {
  expect(hide(text)).toBe(shown);
});

it('a state directory outside of the workspace has its usual name', () => {
  expect(createPathHider({ root: '/srv/docs', stateDirectory: '/var/state' })('/var/state/postgres')).toBe(
    '.lockstep/postgres',
  );
});

it('a workspace at the root of the disk leaves texts as they are', () => {
  expect(createPathHider({ root: '/', stateDirectory: '/.lockstep' })('a/b and /c')).toBe('a/b and /c');
});

it('an error keeps code, stage, advice and the time to wait, and loses paths in message and details', () => {
  const details = { path: '/srv/docs/x', count: 1 };
  const error = new IndexingError({ code: 'rate-limited', message: 'At /srv/docs/x.', details, retryAfterMs: 5 });
  error.endStage('embed');
  expect(withoutPaths(error, hide)).toMatchObject({
    ...{ code: 'rate-limited', stage: 'embed', message: 'At ./x.', advice: error.advice, retryAfterMs: 5 },
    details: { path: './x', count: 1 },
  });
});

it('every text of a value is changed, whatever it is within', () => {
  const value = { a: ['/srv/docs/x', 1, null], '/srv/docs': { b: '/srv/docs' } };
  expect(textsWith(value, hide)).toEqual({ a: ['./x', 1, null], '/srv/docs': { b: '.' } });
});
