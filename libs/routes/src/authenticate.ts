import { timingSafeEqual } from 'hono/utils/buffer';
import { refusal } from './refusal.ts';

const SCHEME = /^bearer +(\S+) *$/i;

/**
 * Compares the token of a request with the one that it must have, by their hashes, in a time that says nothing of how much
 * of it is right. Fails with `not-authenticated`.
 */
export async function authenticate(header: string | undefined, token: string): Promise<void> {
  const given = header === undefined ? undefined : SCHEME.exec(header)?.[1];
  if (given !== undefined && (await timingSafeEqual(given, token))) return;
  const found = header === undefined ? 'none' : given === undefined ? 'another scheme' : 'another token';
  throw refusal('not-authenticated', `The header authorization: expected the token of this server, found ${found}`);
}
