import { once } from 'node:events';
import { join } from 'node:path';
import { openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { startFaultServer } from './fault-server.ts';
import { createNeonHandler } from './neon-handler.ts';

/*
 * Serves the embedded Qdrant, and the embedded Postgres in the way of Neon, on free ports of 127.0.0.1, and sends their
 * addresses to the parent. The argument is the folder of their data. Ends when the parent ends or disconnects; ignores
 * Ctrl+C, so that it can close its databases first.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined || process.send === undefined)
  throw new Error('expected a folder as argument, and to be started with an IPC channel');
process.on('SIGINT', () => {});
const gone = once(process, 'disconnect');
const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
const database = await openPglite({ directory: join(folder, 'postgres'), waitMs: 10_000 });
const neon = await startFaultServer({
  handler: createNeonHandler((statements, options) => database.run(statements, options)),
});
process.send({ qdrant: qdrant.url, neon: neon.url });
await gone;
await neon.close();
await qdrant.close();
await database.close();
