import { bundleWorker } from './bundle-worker.ts';
import { VITEST_IN_WORKER } from './contracts/vitest-in-worker.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { ServiceAddresses } from './libraries/library-call.ts';
import type { Outcome } from './report.ts';
import { startWorker } from './start-worker.ts';

const SOURCE = `
  import { ADAPTER_SUITES } from './contracts/suites.ts';
  import { runSuites } from 'run-suites';
  export default {
    async fetch(request, environment) {
      const adapter = new URL(request.url).pathname.slice(1);
      return Response.json(await runSuites(() => ADAPTER_SUITES[adapter](environment)));
    },
  };
`;

/** Runs the suites of one adapter in workerd, against services on loopback. */
export async function checkContract(
  adapter: string,
  runtimes: InstalledRuntimes,
  { openai, qdrant, neon }: ServiceAddresses,
): Promise<Outcome[]> {
  const source = await bundleWorker(runtimes, { source: SOURCE, replaced: VITEST_IN_WORKER, usesNode: true });
  const worker = await startWorker(runtimes, source, { bindings: { openai, qdrant, neon }, usesNode: true });
  try {
    return JSON.parse(await worker.ask(`/${adapter}`)) as Outcome[];
  } finally {
    await worker.stop();
  }
}
