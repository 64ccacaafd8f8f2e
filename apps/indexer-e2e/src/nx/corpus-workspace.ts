import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyWorkspace, type Finished, type WorkspaceCopy } from './workspace-copy.ts';

/** The result of `nx run <corpus>:<target>`: the other targets of the corpus in sorted lists. */
export interface CorpusRun extends Finished {
  /** Replayed from the local cache or a remote one. */
  readonly replayed: readonly string[];
  /** Those of `replayed` that came from a remote cache. */
  readonly fromRemote: readonly string[];
  /** Targets that ran, failed ones included. */
  readonly ran: readonly string[];
  readonly failed: readonly string[];
}

/** A workspace with only the plugin and the corpora of a test. */
export interface CorpusWorkspace {
  readonly root: string;
  /** A folder with `corpus.json`, which names no model and no store, and the records as its input. */
  writeCorpus(corpus: string, records: readonly object[]): void;
  run: WorkspaceCopy['run'];
  nx(corpus: string, target: string, environment: Readonly<Record<string, string>>): Promise<CorpusRun>;
  dispose(): void;
}

/**
 * Not read by a run: the program runs from the folders that its packages are links to. With a tsconfig every Nx run
 * would load the TypeScript compiler to look for export conditions.
 */
const NOT_NEEDED = ['.github', 'apps', 'libs', 'tools', 'docs', 'fixtures', 'tsconfig.json', 'tsconfig.base.json'];

/** Copies this repository without its projects, with its own Nx cache and state directory. */
export async function createCorpusWorkspace(): Promise<CorpusWorkspace> {
  const { root, run, dispose } = await copyWorkspace();
  for (const name of NOT_NEEDED) rmSync(join(root, name), { recursive: true });
  return {
    root,
    writeCorpus(corpus, records) {
      mkdirSync(join(root, corpus), { recursive: true });
      writeFileSync(join(root, corpus, 'corpus.json'), JSON.stringify({ name: corpus, input: 'chunks.json' }));
      writeFileSync(join(root, corpus, 'chunks.json'), JSON.stringify(records));
    },
    async nx(corpus, target, environment) {
      return corpusRun(corpus, await run('nx', ['run', `${corpus}:${target}`], environment));
    },
    run,
    dispose,
  };
}

/** Reads the tasks of one corpus from the output of Nx without a terminal. */
export function corpusRun(corpus: string, finished: Finished): CorpusRun {
  const { output } = finished;
  const tasks = [...output.matchAll(/^> nx run ([^:\s]+):(\S+)[^\S\n]*(?:\[(.*)\])?$/gm)]
    .filter(([, project, target]) => project === corpus && target !== 'load')
    .map(([, , target = '', how = '']) => ({ target, how }));
  const targets = (chosen: typeof tasks) => chosen.map(({ target }) => target).sort();
  const isReplay = ({ how }: { how: string }) => how.includes('cache');
  const failed = /^Failed tasks:\s+((?:- \S+\s+)+)/m.exec(output)?.[1] ?? '';
  return {
    ...finished,
    replayed: targets(tasks.filter(isReplay)),
    fromRemote: targets(tasks.filter(({ how }) => how.includes('remote'))),
    ran: targets(tasks.filter((task) => !isReplay(task))),
    failed: [...failed.matchAll(/- [^:\s]+:(\S+)/g)].map(([, target = '']) => target).sort(),
  };
}
