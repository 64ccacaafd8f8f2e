import { expect, it } from 'vitest';
import { loadEmbedded } from './load-embedded.ts';

const failing = (message: string, code?: string) => () =>
  Promise.reject(Object.assign(new Error(message), code === undefined ? {} : { code }));

it.each([
  ['Node', "Cannot find package '@lockstep/embedded' imported from /srv/node_modules/@lockstep/indexer/lib/a.js"],
  ['Bun', "Cannot find module '@lockstep/embedded/pglite' from '/srv/node_modules/@lockstep/indexer/lib/a.js'"],
])('a missing package of the embedded services is reported with what to install, on %s', async (_runtime, message) => {
  const error = await loadEmbedded(failing(message, 'ERR_MODULE_NOT_FOUND')).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'embedded-missing',
    message: expect.stringContaining('@lockstep/embedded is not installed'),
    advice: expect.stringContaining('npm install @lockstep/embedded'),
  });
});

it('a package of an engine that is missing is not taken for the package of the embedded services', async () => {
  const message =
    "Cannot find package '@electric-sql/pglite' imported from /srv/node_modules/@lockstep/embedded/lib/pglite.js";
  await expect(loadEmbedded(failing(message, 'ERR_MODULE_NOT_FOUND'))).rejects.toThrow(message);
});

it('a failure of the embedded services themselves is passed on as it is', async () => {
  await expect(loadEmbedded(failing('no space left'))).rejects.toThrow('no space left');
});
