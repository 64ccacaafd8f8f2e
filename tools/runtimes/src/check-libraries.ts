import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleWorker } from './bundle-worker.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { ServiceAddresses } from './libraries/library-call.ts';
import { startWorker } from './start-worker.ts';
import type { Outcome } from './report.ts';
import { webLibraries, type WebLibrary } from './web-libraries.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** A second request of the same Worker finds what the first one left in its modules. */
const REQUESTS = 2;

/**
 * Loads every project with the tag `runtime:any` in workerd, without Node's modules, and uses it in two requests of one
 * Worker. A project needs a file in `libraries/` that does so.
 */
export async function checkLibraries(runtimes: InstalledRuntimes, services: ServiceAddresses): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const library of webLibraries(ROOT)) {
    const problem = await tryLibrary(library, runtimes, services).catch(String);
    outcomes.push({ title: `${library.name} works in workerd`, problem });
  }
  return outcomes;
}

async function tryLibrary(
  { name, modules }: WebLibrary,
  runtimes: InstalledRuntimes,
  services: ServiceAddresses,
): Promise<string | undefined> {
  if (!existsSync(join(import.meta.dirname, 'libraries', `${name}.ts`))) {
    return `tools/runtimes/src/libraries/${name}.ts is missing: every project with the tag runtime:any is used there`;
  }
  const source = [
    ...modules.map((module, at) => `import * as module${at} from '${module}';`),
    `import { call } from './libraries/${name}.ts';`,
    `const loaded = [${modules.map((_, at) => `module${at}`).join(', ')}];`,
    `export default { async fetch(request, environment) {`,
    `  const empty = loaded.filter((module) => Object.keys(module).length === 0).length;`,
    `  return Response.json({ empty, ...(await call(environment)) });`,
    `} };`,
  ].join('\n');
  const { openai, qdrant, neon } = services;
  const worker = await startWorker(runtimes, await bundleWorker(runtimes, { source }), {
    bindings: { openai, qdrant, neon },
  });
  try {
    for (let request = 1; request <= REQUESTS; request += 1) {
      const answer = JSON.parse(await worker.ask('/')) as { empty: number; found: unknown; expected: unknown };
      if (answer.empty > 0) return 'a module of the project exports nothing';
      const [found, expected] = [JSON.stringify(answer.found), JSON.stringify(answer.expected)];
      if (found !== expected) return `request ${request}: expected ${expected}, found ${found}`;
    }
    return undefined;
  } finally {
    await worker.stop();
  }
}
