import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import type { PageAsset } from '@lockstep/report';

const SOURCE = join(import.meta.dirname, '..');

const require = createRequire(import.meta.url);

/** What is bundled, and from which files. */
export interface BundledPage {
  readonly asset: PageAsset;
  /** Paths of all files that went into it. */
  readonly modules: readonly string[];
}

/** Bundles the page. Here this is done when a command first needs it; the npm package has the result. */
export async function bundlePage(): Promise<BundledPage> {
  const bundle = await rolldown({
    cwd: SOURCE,
    input: join(SOURCE, 'main.tsx'),
    platform: 'browser',
    logLevel: 'warn',
    checks: { bundlerTimings: false },
    // It has the way in which JSX becomes calls.
    tsconfig: join(SOURCE, '../tsconfig.lib.json'),
    transform: { target: 'es2023' },
  });
  try {
    const { output } = await bundle.generate({ format: 'es', minify: true, codeSplitting: false });
    const [{ code, moduleIds }] = output;
    const charts = require.resolve('uplot');
    const style = [join(dirname(charts), 'uPlot.min.css'), join(SOURCE, 'page.css')]
      .map((path) => readFileSync(path, 'utf8').trim())
      .join('\n');
    // Within a script nothing may look like its end, or like the beginning of a comment.
    const script = code
      .trim()
      .replaceAll('</script', String.raw`<\/script`)
      .replaceAll('<!--', String.raw`<\!--`);
    const asset = { script, style, scriptDigest: digestOf(script), styleDigest: digestOf(style) };
    return { asset, modules: [...moduleIds.filter((id) => !id.startsWith('\0')), charts] };
  } finally {
    await bundle.close();
  }
}

/** The page for a command: its name in `imports`, `#page`, leads here, and in the npm package to the built page. */
export async function pageAsset(): Promise<PageAsset> {
  return (await bundlePage()).asset;
}

/** The module that stands in the place of this one in the npm package, and the files whose code is in it. */
export async function builtModule(): Promise<{ readonly code: string; readonly modules: readonly string[] }> {
  const { asset, modules } = await bundlePage();
  return { code: `export const pageAsset = async () => (${JSON.stringify(asset)});\n`, modules };
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
