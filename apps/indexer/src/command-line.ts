import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { defineCommand, renderUsage, runCommand, type CommandDef } from 'citty';
import { didYouMean, EXIT, IndexingError, type ExitCode } from '@lockstep/model';
import type { Host } from './wiring/workspace-command.ts';

const { version: VERSION } = createRequire(import.meta.url)('#manifest') as { readonly version: string };

const cache = defineCommand({
  meta: { name: 'cache', description: 'Repairs the embedding cache, or fills it with vectors from Qdrant' },
  subCommands: {
    recover: () => import('./commands/cache-recover.ts').then(({ cacheRecover }) => cacheRecover),
    repair: () => import('./commands/cache-repair.ts').then(({ cacheRepair }) => cacheRepair),
  },
});

const indexer = defineCommand({
  meta: {
    name: 'indexer',
    version: VERSION,
    description: 'Keeps an index in Qdrant and Postgres in step with a file of chunks',
  },
  subCommands: {
    inspect: () => import('./commands/inspect.ts').then(({ inspect }) => inspect),
    init: () => import('./commands/init.ts').then(({ init }) => init),
    run: () => import('./commands/run.ts').then(({ run }) => run),
    validate: () => import('./commands/validate.ts').then(({ validate }) => validate),
    embed: () => import('./commands/embed.ts').then(({ embed }) => embed),
    provision: () => import('./commands/provision.ts').then(({ provision }) => provision),
    'load-qdrant': () => import('./commands/load-qdrant.ts').then(({ loadQdrant }) => loadQdrant),
    'load-neon': () => import('./commands/load-neon.ts').then(({ loadNeon }) => loadNeon),
    verify: () => import('./commands/verify.ts').then(({ verify }) => verify),
    plan: () => import('./commands/plan.ts').then(({ plan }) => plan),
    repair: () => import('./commands/repair.ts').then(({ repair }) => repair),
    drop: () => import('./commands/drop.ts').then(({ drop }) => drop),
    rename: () => import('./commands/rename.ts').then(({ rename }) => rename),
    status: () => import('./commands/status.ts').then(({ status }) => status),
    cache: async () => cache,
    search: () => import('./commands/search.ts').then(({ search }) => search),
    doctor: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
    summary: () => import('./commands/summary.ts').then(({ summary }) => summary),
    runtime: () => import('./commands/runtime.ts').then(({ runtime }) => runtime),
  },
});

/** Runs the command that the arguments name, or prints help or the version, and returns the exit code. */
export async function runCommandLine(args: readonly string[], host: Host): Promise<ExitCode> {
  const wantsHelp = args.length === 0 || args.some((arg) => arg === '--help' || arg === '-h');
  if (args[0] === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return EXIT.done;
  }
  const names: string[] = [];
  const rest = [...args];
  let command: CommandDef = indexer;
  while (command.subCommands !== undefined) {
    const inner = command.subCommands as Readonly<Record<string, () => Promise<CommandDef>>>;
    const name = rest[0];
    if (name === undefined || !Object.hasOwn(inner, name)) {
      if (wantsHelp) break;
      const known = `${Object.keys(inner).join(', ')}${names.length === 0 ? '' : ` after ${names.join(' ')}`}`;
      const problem =
        name === undefined
          ? `Expected one of ${known}`
          : `There is no command ${JSON.stringify([...names, name].join(' '))}; expected ${known}`;
      const meant = name === undefined ? '' : didYouMean(name, Object.keys(inner));
      throw new IndexingError({ code: 'usage', message: `${problem}.${meant}` });
    }
    command = await (inner[name] as () => Promise<CommandDef>)();
    names.push(...rest.splice(0, 1));
  }
  if (!wantsHelp) return (await runCommand(command, { rawArgs: rest, data: host })).result as ExitCode;
  const parent = { meta: { name: ['indexer', ...names.slice(0, -1)].join(' '), version: VERSION } };
  const usage = await renderUsage(command, names.length === 0 ? undefined : parent);
  process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n`);
  return EXIT.done;
}
