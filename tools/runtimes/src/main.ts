/**
 * The command: `npm run runtimes`. Tries the libraries, the contracts of the adapters and the command line on other
 * runtimes, which it installs first. Exits with 1 where something fails.
 */
import { checkContract } from './check-contracts.ts';
import { checkLibraries } from './check-libraries.ts';
import { installRuntimes } from './install-runtimes.ts';
import { report } from './report.ts';
import { startServices } from './start-services.ts';

const runtimes = await installRuntimes();
const services = await startServices();
try {
  const passed = [report('libraries in workerd', await checkLibraries(runtimes, services))];
  for (const adapter of ['embed-openai', 'store-neon', 'store-qdrant']) {
    const outcomes = await checkContract(adapter, runtimes, services);
    passed.push(report(`contract of ${adapter} in workerd`, outcomes));
  }
  process.exitCode = passed.includes(false) ? 1 : 0;
} finally {
  await services.stop();
}
