/**
 * The process of the registry on loopback: stores packages of ours in the folder that is its argument, and sends its address
 * to the process that started it. It ends with that process, however that ends.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TRIAL_TOOLS } from './trial-tools.ts';

/** What is used of verdaccio, which the workspace does not install. */
interface Verdaccio {
  runServer(config: object): Promise<Server>;
}

const folder = process.argv[2] ?? '';
const { runServer } = createRequire(join(TRIAL_TOOLS, 'package.json'))('verdaccio') as Verdaccio;
const server = await runServer({
  self_path: join(folder, 'config.yaml'),
  storage: join(folder, 'storage'),
  // Packages of others come from the registry that npm is configured with, and from its cache.
  uplinks: {},
  packages: { '@lockstep/*': { access: '$all', publish: '$all' } },
  web: { enable: false },
  max_body_size: '100mb',
  log: { type: 'stdout', format: 'pretty', level: 'warn' },
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}/`);
});
process.on('disconnect', () => process.exit());
