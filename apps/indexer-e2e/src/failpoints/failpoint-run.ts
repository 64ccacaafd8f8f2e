import { DISK } from '@lockstep/embedding-cache';
import type { Embedder, EmbedderIdentity, Ledger, RowStore, VectorStore } from '@lockstep/model';
import { openCalls, type CallParent } from './failpoint-calls.ts';
import { steppedFiles } from './failpoint-files.ts';
import { currentStep, runPart, type CorpusPlace, type FailpointPorts, type Part } from './failpoint-corpus.ts';
import { createSteps, type Failpoint, type Steps } from './failpoint-steps.ts';
import { watchDisk } from './failpoint-watch.ts';

/** The argument of a child on its command line. */
export interface FailpointRun extends CorpusPlace {
  /** Parts to run one after the other. */
  readonly parts: readonly Part[];
  readonly identity: EmbedderIdentity;
  readonly targets: { readonly vectors: string; readonly rows: string };
  /** Where to kill the child. @default nowhere: it reports its steps at the end */
  readonly failpoint?: Failpoint;
}

/** The message of a child that has reached its end. */
export interface FailpointEnd {
  readonly ok: boolean;
  readonly steps: readonly string[];
}

/*
 * Runs parts for one corpus in a process of its own. It uses files, cache and locks itself and calls the services
 * through the parent, so that it loads little and starts fast. Every step with an effect outside is counted, and the
 * process kills itself at the failpoint.
 */
const run = JSON.parse(process.argv[2] as string) as FailpointRun;
const steps = createSteps(run.failpoint);
const call = openCalls();
// A change of a file that is not made in a step becomes one that no list has.
if (run.failpoint === undefined) watchDisk(steps.isTaking, (name) => steps.take(`unguarded ${name}`, () => {}));
let ok = true;
for (const part of run.parts) ok = await runPart(run, part, openPorts());
const end: FailpointEnd = { ok, steps: steps.taken };
process.send?.(end, () => process.disconnect?.());

function openPorts(): FailpointPorts {
  const remote = { call, steps };
  const embedder: Partial<Embedder> = {
    identity: run.identity,
    inputTokensMax: 8192,
    tokensOver: () => undefined,
    countTokens: (text) => text.length,
    fit: (text) => text,
    possiblyPaid: () => ({ requests: 0, inputs: 0 }),
    pack: (texts) => oneRequest([...texts.keys()]),
  };
  return {
    embedder: remotePort<Embedder>('embedder', remote, embedder),
    vectors: remotePort<VectorStore>('vectors', remote, { target: run.targets.vectors, pack: oneRequest }),
    rows: remotePort<RowStore>('rows', remote, { target: run.targets.rows, pack: oneRequest }),
    ledger: remotePort<Ledger>('ledger', remote),
    files: steppedFiles(DISK, { steps, stateDirectory: run.stateDirectory }),
  };
}

/** One request for all items of a batch, since they are few and small. */
function oneRequest<Item>(items: readonly Item[]): Item[][] {
  return items.length === 0 ? [] : [[...items]];
}

/** A port whose methods run in the parent, each call as a step; `own` has the members that run here. */
function remotePort<Port extends object>(
  port: string,
  { call, steps }: { call: CallParent; steps: Steps },
  own: Partial<Port> = {},
): Port {
  return new Proxy(own, {
    get(_, method: string) {
      if (method in own) return own[method as keyof Port];
      // Otherwise `await` would take the port for a promise.
      if (method === 'then') return undefined;
      const ask = (...parameters: readonly unknown[]) =>
        steps.take(`${currentStep()} ${port}.${method}`, () => call(port, method, parameters));
      return method.startsWith('scan') ? (...parameters: readonly unknown[]) => pages(() => ask(...parameters)) : ask;
    },
  }) as Port;
}

async function* pages(ask: () => Promise<unknown>): AsyncGenerator<unknown> {
  yield* (await ask()) as readonly unknown[];
}
