import { measureEdge } from './edge/measure-edge.ts';
import { edgeTrials } from './edge/edge-trials.ts';
import { startEdge } from './edge/start-edge.ts';
import type { InstalledRuntimes } from './install-runtimes.ts';
import type { ServiceAddresses } from './libraries/library-call.ts';
import type { Outcome } from './report.ts';
import { STUB_DIMENSIONS } from './start-services.ts';

/** For the bench, which is run by hand: so many show that it works. */
const MEASURED = 150;

/** Tries the Worker of apps/edge in workerd, also while each service fails at each of its requests. */
export async function checkEdge(runtimes: InstalledRuntimes, services: ServiceAddresses): Promise<Outcome[]> {
  const outcomes = await tryEdge(runtimes, services);
  // Only Linux has the files that tell what a process uses.
  return process.platform === 'linux' ? [...outcomes, await tryBench(runtimes)] : outcomes;
}

async function tryEdge(runtimes: InstalledRuntimes, services: ServiceAddresses): Promise<Outcome[]> {
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

async function tryBench(runtimes: InstalledRuntimes): Promise<Outcome> {
  const title = `${MEASURED} changed chunks are in step, and are measured`;
  const { inStep, cpuMs, peakMb } = await measureEdge(runtimes, MEASURED);
  return { title, problem: inStep && cpuMs > 0 && peakMb > 0 ? undefined : JSON.stringify({ inStep, cpuMs, peakMb }) };
}
