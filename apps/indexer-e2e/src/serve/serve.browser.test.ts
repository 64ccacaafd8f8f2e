import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openPglite } from '@lockstep/embedded';
import { launchChromium } from '@lockstep/testing-chromium';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServedFolder, recordsOf, type Served, type ServedFolder } from './serve-workspace.ts';

/** A host name of somebody else that leads to this machine, as with DNS rebinding. */
const FOREIGN_HOST = 'attacker.test';

const LONG = 'A whale is long. '.repeat(62_500).trim();
const HOSTILE = [
  { id: 'script', text: '<script>window.hacked = 1</script><img src="x" onerror="window.hacked = 2">' },
  { id: 'rtl', text: 'left \u202e right-to-left \u05e9\u05dc\u05d5\u05dd', title: '</title><h1>title</h1>' },
  { id: 'long', text: LONG },
  { id: '"><b>id</b>', text: '{{constructor}} ${alert(1)} &lt;b&gt;', document_id: 'javascript:alert(1)' },
];

let workspace: ServedFolder;
let browser: Browser;
let reading: Served;
let writing: Served;

beforeAll(async () => {
  workspace = await createServedFolder(['books', 'letters']);
  workspace.write('hostile', HOSTILE);
  workspace.write('letters', recordsOf(30, 'letter'));
  for (const corpus of ['books', 'hostile']) expect(await workspace.run(['run', corpus])).toMatchObject({ exit: 0 });
  [browser, reading, writing] = await Promise.all([
    launchChromium([`--host-resolver-rules=MAP ${FOREIGN_HOST} 127.0.0.1`]),
    workspace.serve(),
    workspace.serve(['--allow-writes']),
  ]);
});
afterAll(async () => {
  await browser.close();
  await workspace.remove();
});
afterEach(async () => {
  workspace.letGo();
  for (const context of browser.contexts()) await context.close();
});

/** What a page reported that no page should: scripts that failed or were refused. */
const complaints: string[] = [];

/** Opens the page of a server as its user does, and waits for its data. */
async function openPage(server: Served, address = server.url.href): Promise<Page> {
  const page = await browser.newPage();
  complaints.length = 0;
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text());
  });
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  await page.goto(address);
  await page.locator('#corpora table').waitFor();
  return page;
}

async function search(page: Page, question: string, corpus: string): Promise<void> {
  const panel = page.locator('#search');
  await panel.getByLabel('Question').fill(question);
  await panel.getByLabel('Corpus').selectOption(corpus);
  await panel.getByRole('button', { name: 'Search', exact: true }).click();
  await panel.getByRole('heading', { name: new RegExp(`hits? for “${question}”`) }).waitFor();
}

describe('the page', () => {
  it('takes the token out of its address, keeps it for its tab, and shows every panel', async () => {
    const page = await openPage(reading);
    expect(page.url()).toBe(`http://127.0.0.1:${reading.url.port}/`);
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(reading.token);
    const titles = await page.locator('h2').allTextContents();
    expect(titles).toEqual([
      ...['Search', 'Now', 'What a run would do now', 'Corpora', 'Runs', 'Differences', 'Rejected records'],
      ...['Lengths of texts', 'Quality of search', 'In the stores besides'],
    ]);
    await page.reload();
    await page.locator('#corpora table').waitFor();
    expect(complaints).toEqual([]);
  });

  it('says what it needs where it has no token, and where the token is that of another server', async () => {
    const page = await browser.newPage();
    await page.goto(new URL('/', reading.url).href);
    await page.getByText('needs the address that `indexer serve` printed').waitFor();
    await page.goto(`${new URL('/', reading.url).href}#token=${writing.token}`);
    await page.reload();
    await page.getByText('expected the token of this server, found another token').waitFor();
  });

  it('says that the server does not answer any more', async () => {
    const server = await workspace.serve();
    const page = await openPage(server);
    server.interrupt();
    await server.ended;
    await page.locator('#now').getByText('Is `indexer serve` still running? Trying again.').waitFor();
  });
});

describe('the search', () => {
  it('shows each hit with its score, text, row and point, for the corpus and the filters that are chosen', async () => {
    const page = await openPage(reading);
    const panel = page.locator('#search');
    await panel.getByRole('button', { name: 'Add a filter' }).click();
    await panel.getByLabel('Field').fill('page_number');
    await panel.getByLabel('Condition').selectOption('is at least');
    await panel.getByLabel('Value').fill('18');
    await search(page, 'whale number 19', 'books');
    const hits = panel.locator('ol.hits > li');
    expect(await hits.count()).toBe(2);
    const first = hits.first();
    expect(await first.innerText()).toMatch(/^1\.000 books c19, page 19\s+whale number 19/);
    await first.getByText('Row and point').click();
    expect(await first.innerText()).toMatch(
      /Row[^]*content_hash\s+[0-9a-f]{64}[^]*Point[^]*embedding_key\s+[0-9a-f]{64}/,
    );
    await panel.getByLabel('Value').fill('many');
    await panel.getByRole('button', { name: 'Search', exact: true }).click();
    await panel.getByText('The filter on page_number: expected a number, found "many".').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows points that were left out, and why', async () => {
    const postgres = await openPglite({ directory: join(workspace.folder, '.lockstep/postgres'), waitMs: 60_000 });
    await postgres.run([["delete from rag_metadata where corpus = 'books' and chunk_id = 'c7'"]], {
      transaction: false,
    });
    await postgres.close();
    const page = await openPage(reading);
    await search(page, 'whale number 7', 'books');
    const dropped = page.locator('#search .dropped');
    expect(await dropped.innerText()).toMatch(
      /1 point left out[^]*1\.000 books c7: There is no row of its id in Postgres\./,
    );
    await dropped.locator('summary').click();
    expect(await dropped.innerText()).toMatch(/content_hash\s+[0-9a-f]{64}/);
  });

  it('shows texts of others as text: tags, another direction of writing, and a megabyte', async () => {
    const page = await openPage(reading);
    await search(page, 'anything', 'hostile');
    const hits = page.locator('#search ol.hits > li');
    expect(await hits.count()).toBe(HOSTILE.length);
    for (const summary of await hits.getByText('Row and point').all()) await summary.click();
    const shown = await hits.locator('bdi').allTextContents();
    for (const { id, text } of HOSTILE) {
      expect(shown).toContain(id);
      if (text !== LONG) expect(shown).toContain(text);
    }
    expect(await page.locator('#search').locator('script, img, h1, b').count()).toBe(0);
    const long = hits.filter({ hasText: 'A whale is long.' });
    expect((await long.locator('bdi.text').first().textContent())?.length).toBeLessThan(2_000);
    await long.getByRole('button', { name: 'Show all 1,062,499 letters' }).first().click();
    expect(await long.locator('bdi.text').first().textContent()).toBe(LONG);
    expect(await page.evaluate(() => Object.hasOwn(globalThis, 'hacked'))).toBe(false);
    expect(complaints).toEqual([]);
  });
});

describe('a run', () => {
  it('is started from its plan and watched from its beginning to its end, and the report is then that of now', async () => {
    const page = await openPage(writing);
    const corpus = page.locator('#corpora tbody tr', { has: page.getByRole('rowheader', { name: 'letters' }) });
    expect(await corpus.innerText()).toContain('NOT LOADED');
    const plan = page.locator('#plans');
    await plan.getByLabel('Corpus').selectOption('letters');
    await plan.getByRole('button', { name: 'Show the plan' }).click();
    await plan.getByText('embeds 30 texts for $').waitFor();
    expect(await plan.innerText()).toContain(
      'writes 30 chunks in Qdrant and 30 chunks in Postgres, and deletes nothing.',
    );
    expect(await plan.locator('pre').innerText()).toContain('letters plan: 30 chunks in the input');

    const held = workspace.hold();
    await plan.getByRole('button', { name: 'Start this run of letters' }).click();
    await held.arrived;
    const run = page.locator('#now article.run');
    await run.locator('tr[data-stage=embed][data-state=running]').waitFor();
    expect(await run.getAttribute('data-state')).toBe('running');
    expect(await run.innerText()).toMatch(/letters run[^]*validate\s+done\s+30[^]*embed\s+running/);
    await plan.getByRole('button', { name: 'Show the plan' }).click();
    await plan.getByText('A run of letters is under way in this server.').waitFor();
    held.release();

    await run.and(page.locator('[data-state=done]')).waitFor();
    const stages = await run
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => `${row.getAttribute('data-stage')} ${row.getAttribute('data-state')}`));
    expect(stages.toSorted()).toEqual(
      ['validate', 'plan', 'provision', 'embed', 'load-qdrant', 'load-neon', 'verify']
        .map((stage) => `${stage} done`)
        .toSorted(),
    );
    await run.getByText('What it did').click();
    expect(await run.innerText()).toContain('letters verify: in step');
    await corpus.getByText('in step').waitFor();
    expect(complaints.filter((line) => !line.includes('409'))).toEqual([]);
  });

  it('is stopped by its button, and told as stopped', async () => {
    workspace.write('letters', recordsOf(40, 'longer letter'));
    const page = await openPage(writing);
    const plan = page.locator('#plans');
    await plan.getByLabel('Corpus').selectOption('letters');
    await plan.getByRole('button', { name: 'Show the plan' }).click();
    const held = workspace.hold();
    await plan.getByRole('button', { name: 'Start this run of letters' }).click();
    await held.arrived;
    const run = page.locator('#now article.run').first();
    await run.getByRole('button', { name: 'Stop' }).click();
    await run.and(page.locator('[data-state=failed]')).waitFor();
    held.release();
    expect(await run.innerText()).toMatch(/aborted in embed: Stopped\. What was embedded is saved\./);
  });

  it('cannot be started from the page of a server that only reads, which says what to type', async () => {
    const page = await openPage(reading);
    const plan = page.locator('#plans');
    await plan.getByLabel('Corpus').selectOption('books');
    await plan.getByRole('button', { name: 'Show the plan' }).click();
    await plan.getByText('This server only reads. To do it, type npx indexer run books').waitFor();
    expect(await plan.getByRole('button', { name: /Start/ }).count()).toBe(0);
  });
});

describe('pages of others', () => {
  let attacker: Server;
  let attackersPage: string;

  beforeAll(async () => {
    attacker = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>another page</title>');
    });
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    attackersPage = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/`;
  });
  afterAll(() => attacker.close());

  it('cannot read or start anything, even with the token', async () => {
    const page = await browser.newPage();
    await page.goto(attackersPage);
    const outcome = await page.evaluate(
      async ({ origin, token }) => {
        const headers = { authorization: `Bearer ${token}` };
        const ask = (path: string, init: RequestInit): Promise<string> =>
          fetch(origin + path, init).then(
            ({ type, status }) => `${type} ${status}`,
            () => 'refused',
          );
        return {
          withToken: await ask('api/settings', { headers }),
          page: await ask('', {}),
          start: await ask('api/corpora/books/run', { method: 'POST', headers, body: '{}' }),
          blind: await ask('api/corpora/books/run', { method: 'POST', mode: 'no-cors', body: '{}' }),
        };
      },
      { origin: new URL('/', writing.url).href, token: writing.token },
    );
    // Of a request without CORS a page learns nothing, and the server has refused it.
    expect(outcome).toEqual({
      withToken: 'refused',
      page: 'refused',
      start: 'refused',
      blind: expect.any(String) as string,
    });
    const [known = []] = [(await writing.watch().next()).value];
    expect(known.filter(({ corpus }) => corpus === 'books')).toEqual([]);
  });

  it('cannot show the page in a frame', async () => {
    const page = await browser.newPage();
    await page.goto(attackersPage);
    const framed = await page.evaluate(async (href) => {
      const frame = document.createElement('iframe');
      frame.src = href;
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
      document.body.append(frame);
      await loaded;
      return frame.contentWindow?.length ?? 0;
    }, writing.url.href);
    expect(framed).toBe(0);
    for (const frame of page.frames().slice(1)) expect(await frame.locator('#page').count()).toBe(0);
  });

  it('cannot reach the server by a host name of their own', async () => {
    const page = await browser.newPage();
    const response = await page.goto(`http://${FOREIGN_HOST}:${writing.url.port}/#token=${writing.token}`);
    expect([response?.status(), await response?.text()]).toEqual([403, expect.stringContaining('request-foreign')]);
    expect(await page.locator('#page').count()).toBe(0);
  });
});
