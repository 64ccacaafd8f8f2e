import { once } from 'node:events';
import { join } from 'node:path';
import { openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { startFaultServer } from './fault-server.ts';
import { createNeonHandler } from './neon-handler.ts';

/*
 * Serves the embedded Qdrant, and the embedded Postgres as Neon does, on free ports of 127.0.0.1, and tells the parent
 * where they are. Their data is in the folder that is the argument. It ends when the parent does, or disconnects, and not
 * by the keys that end the parent: it closes what it has open first.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined || process.send === undefined)
  throw new Error('started by another program only, with a folder');
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
