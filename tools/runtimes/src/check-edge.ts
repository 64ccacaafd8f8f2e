import { edgeTrials } from './edge/edge-trials.ts';
import { startEdge } from './edge/start-edge.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { ServiceAddresses } from './libraries/library-call.ts';
import type { Outcome } from './report.ts';
import { STUB_DIMENSIONS } from './start-services.ts';

/** Tries the Worker of apps/edge in workerd, also while each service fails at each of its requests. */
export async function checkEdge(runtimes: InstalledRuntimes, services: ServiceAddresses): Promise<Outcome[]> {
  const edge = await startEdge(runtimes, services, { dimensions: STUB_DIMENSIONS });
  try {
    const outcomes: Outcome[] = [];
    for (const [title, trial] of Object.entries(await edgeTrials(edge))) {
      outcomes.push({ title, problem: await trial().then(() => undefined, String) });
    }
    return outcomes;
  } finally {
    await edge.stop();
  }
}
