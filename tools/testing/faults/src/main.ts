/*
 * Runs a script of faults in front of working services until Ctrl+C: `npm run faults -- fixtures/faults/outage.json`.
 * Prints the environment variables with their addresses, and at the end the totals of each service, on stdout; each
 * fault on stderr.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Dependency } from '@lockstep/model';
import { createStubOpenAiHandler } from './stub-openai-handler.ts';
import type { FaultRecord } from './fault-record.ts';
import { FAULTY_SERVICES, type FaultScript } from './fault-rule.ts';
import { startFaultyServices } from './faulty-services.ts';
import { forwardTo } from './forward-to.ts';
import { readFaultScript } from './read-fault-script.ts';
import { scaledClock } from './scaled-clock.ts';

const USAGE = `usage: npm run faults -- <script.json> [--port n] [--data folder] [--speed n] [--dimensions n]

  --port        the first of three consecutive ports; 0 for free ones; default 4810
  --data        folder for the data of Qdrant and Neon; default a temporary one
  --speed       how much faster the time of the script is; default 1
  --dimensions  numbers in an embedding; default 1536
`;

/** Addresses of the working services. */
interface ServicesBehind {
  readonly qdrant: string;
  readonly neon: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '4810' },
    data: { type: 'string' },
    speed: { type: 'string', default: '1' },
    dimensions: { type: 'string', default: '1536' },
    // The program that serves Qdrant and Neon; tests use another one.
    behind: { type: 'string', default: join(import.meta.dirname, 'serve-embedded.ts') },
    help: { type: 'boolean' },
  },
});
const [file] = positionals;
const { behind } = values;
const port = Number(values.port);
const speed = Number(values.speed);
const dimensions = Number(values.dimensions);
if (file === undefined || values.help === true || !(port >= 0 && speed > 0 && dimensions > 0)) {
  process.stderr.write(USAGE);
  process.exitCode = values.help === true ? 0 : 2;
} else {
  let script: FaultScript | undefined;
  try {
    script = readFaultScript(readFileSync(file, 'utf8'));
  } catch (error) {
    process.stderr.write(`${file}\n${(error as Error).message}\n`);
    process.exitCode = 2;
  }
  if (script !== undefined) {
    await run(script, behind).catch((error: unknown) => {
      report(error instanceof Error ? error.message : String(error));
      process.exitCode = 1;
    });
  }
}

async function run(script: FaultScript, program: string): Promise<void> {
  const data = values.data === undefined ? mkdtempSync(join(tmpdir(), 'lockstep-faults-')) : resolve(values.data);
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const child = fork(program, [data]);
  const clock = scaledClock(speed);
  let startedAt = clock.now();
  const seconds = (): string => `${((clock.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  try {
    const urls = await addressesOf(child);
    startedAt = clock.now();
    const services = await startFaultyServices({
      handlers: {
        openai: createStubOpenAiHandler({ dimensions }),
        qdrant: forwardTo(urls.qdrant),
        neon: forwardTo(urls.neon),
      },
      script,
      clock,
      ...(port === 0 ? {} : { port }),
      onFault: (service, record) => report(`${seconds()}  ${lineOf(service, record)}`),
      onEnd(service, record) {
        if (record.end === 'client-gone') report(`${seconds()}  ${lineOf(service, record)}; the client left`);
      },
    });
    if (script.about !== undefined) report(script.about);
    for (const [name, value] of Object.entries(services.environment)) print(`export ${name}='${value}'`);
    await interrupted;
    await services.close();
    for (const service of FAULTY_SERVICES) print(`${service.padEnd(6)}  ${JSON.stringify(services[service].counts())}`);
  } finally {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    if (child.connected) child.disconnect();
    await ended;
    if (values.data === undefined) rmSync(data, { recursive: true, force: true });
  }
}

async function addressesOf(child: ChildProcess): Promise<ServicesBehind> {
  const gone = once(child, 'exit').then(() => {
    throw new Error('the services did not start');
  });
  const [urls] = (await Promise.race([once(child, 'message'), gone])) as [ServicesBehind];
  return urls;
}

function lineOf(service: Dependency, { number, method, path, faults, lost }: FaultRecord): string {
  return `${service.padEnd(6)}  #${number} ${method} ${path}: ${faults.join(', ') || 'no fault'}${lost ? ', its work done' : ''}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
