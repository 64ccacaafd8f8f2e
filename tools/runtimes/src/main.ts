/**
 * The command: `npm run runtimes`. Tries the libraries, the contracts of the adapters, the Worker and the command line on other
 * runtimes, which it installs first. Arguments choose parts: `libraries`, `contracts`, `edge`, `command-line`. Exits with 1 where
 * something fails, and where CI finds another table in the README than the one it would write.
 */
import { checkCommandLine } from './check-command-line.ts';
import { checkContract } from './check-contracts.ts';
import { checkEdge } from './check-edge.ts';
import { checkLibraries } from './check-libraries.ts';
import { installRuntimes, type InstalledRuntimes } from './install-runtimes.ts';
import { commandTable, writeReadmeTable } from './readme-table.ts';
import { report } from './report.ts';
import { startServices } from './start-services.ts';

const PARTS: Readonly<Record<string, (runtimes: InstalledRuntimes) => Promise<boolean>>> = {
  async libraries(runtimes) {
    await using services = await startServices();
    return report('libraries in workerd', await checkLibraries(runtimes, services));
  },

  async contracts(runtimes) {
    await using services = await startServices();
    let passed = true;
    for (const adapter of ['embed-openai', 'store-neon', 'store-qdrant']) {
      passed = report(`contract of ${adapter} in workerd`, await checkContract(adapter, runtimes, services)) && passed;
    }
    return passed;
  },

  async edge(runtimes) {
    await using services = await startServices();
    return report('the Worker of apps/edge in workerd', await checkEdge(runtimes, services));
  },

  async 'command-line'(runtimes) {
    const found = await checkCommandLine(runtimes);
    const passed = report(
      'the command line on other runtimes',
      found.flatMap(({ outcomes }) => outcomes),
    );
    const table = commandTable(found);
    console.log(`\n${table}\n`);
    if (!writeReadmeTable(table)) return passed;
    console.error('README.md had another table of runtimes; it now has this one, to be committed.');
    return passed && process.env['CI'] === undefined;
  },
};

const chosen = process.argv.slice(2);
const unknown = chosen.find((part) => PARTS[part] === undefined);
if (unknown !== undefined) throw new Error(`expected ${Object.keys(PARTS).join(', ')}, found ${unknown}`);

const runtimes = await installRuntimes();
for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  if (!(await part(runtimes))) process.exitCode = 1;
}
