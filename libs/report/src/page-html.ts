import type { ReportData } from './report-data.ts';

/** The built page: its code and its look, with a digest of each as a Content-Security-Policy names it, such as `sha256-...`. */
export interface PageAsset {
  readonly script: string;
  readonly style: string;
  readonly scriptDigest: string;
  readonly styleDigest: string;
}

export interface PageOptions {
  readonly title: string;
  /** Addresses that the page may ask, such as `'self'`. @default none */
  readonly connect?: string | undefined;
  /** What the page may do besides showing data; it is in the page as JSON. @default it is a report */
  readonly live?: object | undefined;
}

/** Ids of the elements that hold the data of the page. */
export const DATA_ID = 'report-data';
export const LIVE_ID = 'live';

/** The Content-Security-Policy of the page: it runs its own script, and loads nothing. */
export function pagePolicy({ scriptDigest, styleDigest }: PageAsset, connect = `'none'`): string {
  return [
    `default-src 'none'`,
    `script-src '${scriptDigest}'`,
    `style-src '${styleDigest}'`,
    'img-src data:',
    `connect-src ${connect}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

/** The whole page as one HTML file. Texts of the data stand in it as JSON, in which no tag can begin. */
export function pageHtml(asset: PageAsset, data: ReportData | null, { title, connect, live }: PageOptions): string {
  const json = (id: string, value: unknown): string =>
    `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', String.raw`\u003c`)}</script>`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${pagePolicy(asset, connect)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`,
    `<style>${asset.style}</style>`,
    '</head>',
    '<body>',
    '<div id="page"><noscript>This page draws its data with a script, which this browser does not run.</noscript></div>',
    ...(live === undefined ? [] : [json(LIVE_ID, live)]),
    ...(data === null ? [] : [json(DATA_ID, data)]),
    `<script type="module">${asset.script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
