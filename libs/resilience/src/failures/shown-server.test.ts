import { expect, it } from 'vitest';
import { shownServer } from './shown-server.ts';

it.each([
  ['https://user:secret@host.test/path?x=secret', 'host.test:443'],
  ['http://127.0.0.1:6333', '127.0.0.1:6333'],
  ['postgresql://user:secret@db.test/name', 'db.test:5432'],
  ['http://[::1]:80/', '[::1]:80'],
])('%s is shown as %s', (address, shown) => {
  expect(shownServer(address)).toBe(shown);
});
