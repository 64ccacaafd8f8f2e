import { expect, it } from 'vitest';
import { pageHtml } from './page-html.ts';
import type { ReportData } from './report-data.ts';

const ASSET = { script: 'run()', style: 'a{}', scriptDigest: 'sha256-S', styleDigest: 'sha256-T' };
const DATA = { reportVersion: 1, program: `</script><script>alert(1)</script><!-- & ' "` } as ReportData;

it('data cannot end the element that it stands in, and is read back as it was', () => {
  const html = pageHtml(ASSET, DATA, { title: 'A & B <i>' });
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).not.toContain('<!--');
  const json = /id="report-data">(.*)<\/script>/.exec(html)?.[1];
  expect(JSON.parse(String(json))).toEqual(DATA);
  expect(html).toContain('<title>A &amp; B &lt;i></title>');
});

it('a page in a file runs its own script, has its own style, and may ask nothing', () => {
  const html = pageHtml(ASSET, DATA, { title: 't' });
  expect(/Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1]).toBe(
    `default-src 'none'; script-src 'sha256-S'; style-src 'sha256-T'; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'`,
  );
  expect(html).not.toMatch(/(src|href)=/);
});

it('a page that is served may ask its server, and is told what it may do', () => {
  const html = pageHtml(ASSET, null, { title: 't', connect: `'self'`, live: { token: '<' } });
  expect(html).toContain(`connect-src 'self'`);
  expect(html).toContain(String.raw`id="live">{"token":"\u003c"}</script>`);
  expect(html).not.toContain('report-data');
});
