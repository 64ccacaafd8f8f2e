import type { CommandEntry } from './wiring/workspace-command.ts';

/** Every command, in the order and under the titles of help. Loaded late: a short command needs little of the program. */
export const COMMAND_GROUPS: readonly (readonly [title: string, commands: readonly CommandEntry[]])[] = [
  [
    'Chunks into an index',
    [
      {
        name: 'inspect',
        summary:
          'Shows what chunks hold and what would become of them: form, ids, lengths, tokens, prices, what is left out; needs no service, writes nothing',
        load: () => import('./commands/inspect.ts').then(({ inspect }) => inspect),
      },
      {
        name: 'init',
        summary: 'Writes the corpus.json of a file of chunks, with the flags that were typed, if it can be loaded so',
        load: () => import('./commands/init.ts').then(({ init }) => init),
      },
      {
        name: 'plan',
        summary: 'Shows what a run would change in each store and why, and what it would cost; writes nothing',
        load: () => import('./commands/plan.ts').then(({ plan }) => plan),
      },
      {
        name: 'run',
        summary: 'Runs all stages for one corpus or file: validate, embed, provision, load-qdrant, load-neon, verify',
        load: () => import('./commands/run.ts').then(({ run }) => run),
      },
      {
        name: 'search',
        summary: 'Finds the chunks nearest to a question: points from Qdrant with their rows from Postgres',
        load: () => import('./commands/search.ts').then(({ search }) => search),
      },
      {
        name: 'evaluate',
        summary:
          'Measures how well questions with known answers are answered, records it, and compares it with another evaluation or collection',
        load: () => import('./evaluation/evaluate.ts').then(({ evaluate }) => evaluate),
      },
    ],
  ],
  [
    'Looking after it',
    [
      {
        name: 'status',
        summary: 'Shows the state of every corpus, the last runs, and what is in the stores without a corpus.json',
        load: () => import('./commands/status.ts').then(({ status }) => status),
      },
      {
        name: 'summary',
        summary: 'Shows what the last run of every corpus came to, on whatever machine it was; asks no store',
        load: () => import('./commands/summary.ts').then(({ summary }) => summary),
      },
      {
        name: 'report',
        summary:
          'Writes one HTML file that shows all corpora, the last runs, plans, differences, rejected records and costs',
        load: () => import('./commands/report.ts').then(({ report }) => report),
      },
      {
        name: 'serve',
        summary:
          'Shows the index in a browser, on this machine only: search, state, plans, runs under way; reads only, unless told',
        load: () => import('./commands/serve.ts').then(({ serve }) => serve),
      },
      {
        name: 'repair',
        summary: 'Compares all that both stores hold with input and cache, and corrects it; pays only with --pay',
        load: () => import('./commands/repair.ts').then(({ repair }) => repair),
      },
      {
        name: 'rename',
        summary:
          'Gives a corpus another name in both stores without paying: copies its points and rows, then deletes the old ones; asks first',
        load: () => import('./commands/rename.ts').then(({ rename }) => rename),
      },
      {
        name: 'drop',
        summary: 'Deletes all points and rows of one corpus from both stores; asks first',
        load: () => import('./commands/drop.ts').then(({ drop }) => drop),
      },
      {
        name: 'cache recover',
        summary: 'Reads vectors that the cache lacks from the collection, so that they are not paid for again',
        load: () => import('./commands/cache/recover.ts').then(({ cacheRecover }) => cacheRecover),
      },
      {
        name: 'cache repair',
        summary: 'Moves damaged lines of the embedding cache to a file of their own, and keeps the others',
        load: () => import('./commands/cache/repair.ts').then(({ cacheRepair }) => cacheRepair),
      },
    ],
  ],
  [
    'Stages, one by one, as Nx runs them',
    [
      {
        name: 'validate',
        summary: 'Reads the input into chunks, and lists the records that it rejects',
        load: () => import('./commands/validate.ts').then(({ validate }) => validate),
      },
      {
        name: 'embed',
        summary: 'Embeds the texts that the cache does not have, and writes the vectors of the corpus to a file',
        load: () => import('./commands/embed.ts').then(({ embed }) => embed),
      },
      {
        name: 'provision',
        summary:
          'Creates collection and table where missing, starts a run of the corpus, and compares both stores with it',
        load: () => import('./commands/provision.ts').then(({ provision }) => provision),
      },
      {
        name: 'load-qdrant',
        summary: 'Writes new and changed points to Qdrant, then deletes those that are no longer in the input',
        load: () => import('./commands/load-qdrant.ts').then(({ loadQdrant }) => loadQdrant),
      },
      {
        name: 'load-neon',
        summary: 'Writes new and changed rows to Postgres, then deletes those that are no longer in the input',
        load: () => import('./commands/load-neon.ts').then(({ loadNeon }) => loadNeon),
      },
      {
        name: 'verify',
        summary: 'Compares input, cache, Qdrant and Postgres, and lists the differences',
        load: () => import('./commands/verify.ts').then(({ verify }) => verify),
      },
    ],
  ],
  [
    'The program',
    [
      {
        name: 'doctor',
        summary: 'Shows which services are configured, whether they answer, and their versions',
        load: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
      },
      {
        name: 'completion',
        summary: 'Prints a script that completes commands, flags and names of corpora in bash, zsh or fish',
        load: () => import('./completion/completion.ts').then(({ completion }) => completion),
      },
      {
        name: 'runtime',
        summary:
          'Prints the model in use, a digest of the input and what becomes of long texts, which Nx hashes; no secrets',
        load: () => import('./commands/runtime.ts').then(({ runtime }) => runtime),
      },
    ],
  ],
];

export const COMMANDS: readonly CommandEntry[] = COMMAND_GROUPS.flatMap(([, commands]) => commands);
