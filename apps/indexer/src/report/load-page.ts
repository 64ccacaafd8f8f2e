import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Page from '@lockstep/page';
import type { PageAsset } from '@lockstep/report';

/** Finds the file that `imports` in package.json names: what bundles the page here, the built page in the published package. */
const { resolve } = createRequire(import.meta.url);

/** The code and the look of the page that `report` writes and a server serves. */
export async function loadPage(): Promise<PageAsset> {
  const { pageAsset } = (await import(pathToFileURL(resolve('#page')).href)) as Pick<typeof Page, 'pageAsset'>;
  return pageAsset();
}
