/** Measures puts of changed chunks in workerd, and prints the figures as JSON. The argument is the number of chunks. */
import { installRuntimes } from '../install-runtimes.ts';
import { measureEdge } from './measure-edge.ts';

const chunks = Number(process.argv[2]);
if (!Number.isInteger(chunks) || chunks < 1) throw new Error('expected a number of chunks');
process.stdout.write(`${JSON.stringify(await measureEdge(await installRuntimes(), chunks))}\n`);
