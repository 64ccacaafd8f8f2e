import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createInstantGuard, failureOf } from '@lockstep/testing-ports';
import { download, type DownloadOptions } from './download.ts';

const server = setupServer();
let folder: string;
let seen: { readonly url: string; readonly headers: Headers }[];

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-download-'));
  seen = [];
});
afterEach(() => {
  server.resetHandlers();
  rmSync(folder, { recursive: true });
});
afterAll(() => server.close());

/** Answers requests by their host and path. */
function answer(answers: Readonly<Record<string, () => Response>>): void {
  server.use(
    http.all('*', ({ request }) => {
      seen.push({ url: request.url, headers: request.headers });
      const { host, pathname } = new URL(request.url);
      return answers[`${host}${pathname}`]?.() ?? HttpResponse.error();
    }),
  );
}

const to =
  (location: string, status = 302) =>
  () =>
    new Response(null, { status, headers: { location } });
const data = () => new Response('data');
const path = () => join(folder, 'content');

function get(address: string, options: Partial<DownloadOptions> = {}, sha256?: string) {
  const url = new URL(address);
  const part = { kind: 'address', name: `${url.origin}${url.pathname}`, url, sha256 } as const;
  const { guard } = createInstantGuard('input', { attemptsMax: 4 });
  return download(part, path(), { guard, signal: new AbortController().signal, ...options });
}

const DATA_SHA256 = '3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7';

describe('redirects of an address', () => {
  it('are followed to another host and to https, without cookies, authorization and referrer', async () => {
    const cookie = { 'set-cookie': 'session=verysecret', location: 'https://b.test/y?signature=1' };
    answer({
      'a.test/x': () => new Response(null, { status: 301, headers: cookie }),
      'b.test/y': to('/z', 308),
      'b.test/z': data,
    });
    expect(await get('http://a.test/x?token=verysecret')).toEqual({ bytes: 4, sha256: DATA_SHA256 });
    expect(readFileSync(path(), 'utf8')).toBe('data');
    expect(seen.map(({ url }) => url)).toEqual([
      'http://a.test/x?token=verysecret',
      'https://b.test/y?signature=1',
      'https://b.test/z',
    ]);
    const sent = seen.flatMap(({ headers }) => [...headers.keys()]);
    expect(sent.filter((name) => /cookie|authorization|referer/.test(name))).toEqual([]);
  });

  it.each<[what: string, location: string, says: RegExp]>([
    ['from https to http', 'http://a.test/y?token=1', /redirects from https to http, to http:\/\/a\.test\/y, which is/],
    ['to an address with a password', 'https://user:verysecret@b.test/y', /with a user or a password, which is not/],
    ['to a file', 'file:///etc/passwd', /redirects to an address that is not http or https/],
    ['to what is no address', 'https://', /answered 302 without an address to go to/],
    ['without end', 'https://a.test/x', /^https:\/\/a\.test\/x redirects more than 10 times\.$/],
  ])('are refused %s', async (_what, location, says) => {
    answer({ 'a.test/x': to(location) });
    const failure = await failureOf(get('https://a.test/x?token=verysecret'));
    expect(failure).toMatchObject({ code: 'input-address', message: expect.stringMatching(says) });
    expect(failure.message).not.toMatch(/secret|token/);
    expect(seen.every(({ url }) => url.startsWith('https://a.test/x'))).toBe(true);
  });
});

describe('the content of an address', () => {
  it('is refused beyond the bound, by its announced length before it is read, and while it is read', async () => {
    let blocks = 0;
    const endless = () => {
      const body = new ReadableStream({
        pull(controller) {
          blocks += 1;
          controller.enqueue(new Uint8Array(1000));
        },
      });
      return new Response(body);
    };
    answer({
      'a.test/announced': () => new Response('data', { headers: { 'content-length': '5000' } }),
      'a.test/endless': endless,
    });
    for (const name of ['announced', 'endless']) {
      const failure = await failureOf(get(`https://a.test/${name}`, { bytesMax: 4000 }));
      expect(failure).toMatchObject({
        code: 'input-too-large',
        message: `https://a.test/${name} has more than 4000 bytes. Download it, and name the file.`,
      });
    }
    // What the streams between read ahead is in it.
    expect(blocks).toBeLessThan(1000);
    expect(seen).toHaveLength(2);
  });

  it('is asked for again after a status that may pass', async () => {
    const answers = [() => new Response(null, { status: 503 }), () => new Response(null, { status: 429 }), data];
    answer({ 'a.test/x': () => (answers[seen.length - 1] as () => Response)() });
    expect(await get('https://a.test/x')).toMatchObject({ sha256: DATA_SHA256 });
    expect(readFileSync(path(), 'utf8')).toBe('data');
    expect(seen).toHaveLength(3);
  });

  it('is refused for a status that stays, and for a web page, after one request', async () => {
    answer({
      'a.test/gone': () => new Response(null, { status: 404 }),
      'a.test/secret': () => new Response('key expired: verysecret', { status: 403 }),
      'a.test/page': () => new Response('<p>', { headers: { 'content-type': 'text/html; charset=utf-8' } }),
    });
    const refusal = async (name: string) => {
      const { code, message } = await failureOf(get(`https://a.test/${name}?token=verysecret`));
      return `${code}: ${message}`;
    };
    expect(await refusal('gone')).toBe('input-address: https://a.test/gone answered 404.');
    expect(await refusal('secret')).toBe(
      'input-address: https://a.test/secret answered 403; it wants a key or a sign-in, or one in it has expired.',
    );
    expect(await refusal('page')).toMatch(
      /^input-form: https:\/\/a\.test\/page is a web page \(text\/html\); expected/,
    );
    expect(seen).toHaveLength(3);
  });

  it('is refused where it has another SHA-256 than corpus.json says, and the found one is named', async () => {
    answer({ 'a.test/x': data });
    const wanted = 'f'.repeat(64);
    expect(await failureOf(get('https://a.test/x', {}, wanted))).toMatchObject({
      code: 'input-digest',
      message: `https://a.test/x has the SHA-256 ${DATA_SHA256}; expected ${wanted}, as corpus.json says. Nothing of it was used.`,
    });
    expect(await get('https://a.test/x', {}, DATA_SHA256)).toMatchObject({ bytes: 4 });
  });
});
