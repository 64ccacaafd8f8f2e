import { DISK } from '@lockstep/embedding-cache';
import type { Embedder, EmbedderIdentity, Ledger, RowStore, VectorStore } from '@lockstep/model';
import { openCalls, type CallParent } from './failpoint-calls.ts';
import { steppedFiles } from './failpoint-files.ts';
import { currentStep, runPart, type CorpusPlace, type FailpointPorts, type Part } from './failpoint-corpus.ts';
import { createSteps, type Failpoint, type Steps } from './failpoint-steps.ts';
import { watchDisk } from './failpoint-watch.ts';

/** What a child is told on its command line. */
export interface FailpointRun extends CorpusPlace {
  /** Done one after the other. */
  readonly parts: readonly Part[];
  readonly identity: EmbedderIdentity;
  readonly targets: { readonly vectors: string; readonly rows: string };
  /** Left out, it goes on to the end, and tells its steps. */
  readonly failpoint?: Failpoint;
}

/** What a child says when it has come to its end. */
export interface FailpointEnd {
  readonly ok: boolean;
  readonly steps: readonly string[];
}

/*
 * Parts of the run of one corpus in a process of their own: files, cache and locks are its own, the services are called through
 * the parent, so that the process loads little and starts fast. Every step to the outside is counted, and the process
 * kills itself at the one that it is told.
 */
const run = JSON.parse(process.argv[2] as string) as FailpointRun;
const steps = createSteps(run.failpoint);
const call = openCalls();
// What goes past the steps, and so past every failpoint, is a step that no list has.
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

/** Few and small: all of a batch is one request. */
function oneRequest<Item>(items: readonly Item[]): Item[][] {
  return items.length === 0 ? [] : [[...items]];
}

/** A port whose methods are made in the parent, each call a step, but for what is `own`. */
function remotePort<Port extends object>(
  port: string,
  { call, steps }: { call: CallParent; steps: Steps },
  own: Partial<Port> = {},
): Port {
  return new Proxy(own, {
    get(_, method: string) {
      if (method in own) return own[method as keyof Port];
      // Or a promise of the port would wait for it.
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
