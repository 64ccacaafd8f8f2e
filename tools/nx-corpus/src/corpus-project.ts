import { STAGE_DEPENDENCIES, type Stage } from '@lockstep/model/stages';
import type { ProjectConfiguration, TargetConfiguration } from '@nx/devkit';
import { inputFiles, type CorpusInput } from './corpus-input.ts';
import type { ResolvedPluginOptions } from './plugin-options.ts';

type Inputs = NonNullable<TargetConfiguration['inputs']>;

/**
 * The project of one corpus, with the stages as targets.
 *
 * `validate`, unless it reads an address without a SHA-256, and `embed` are cached by what they read: the embedding key of every chunk depends on the model, and the
 * stores do not matter to them. `load-qdrant` and `load-neon` are also cached by the nonce that `provision` gets for
 * the store, which differs between stores. `provision` and `verify` read live services and are never cached.
 */
export function corpusProject(
  root: string,
  { name, input }: { readonly name: string; readonly input: CorpusInput },
  options: ResolvedPluginOptions,
): ProjectConfiguration {
  const state = `{workspaceRoot}/.lockstep/${name}`;
  const stage = (target: Stage): Pick<TargetConfiguration, 'dependsOn' | 'executor' | 'options'> => ({
    dependsOn: [...STAGE_DEPENDENCIES[target]],
    executor: 'nx:run-commands',
    options: { command: `${options.command} ${target} ${quoted(`${root}/corpus.json`)}`, cwd: '{workspaceRoot}' },
  });
  const common: Inputs = [
    '{projectRoot}/corpus.json',
    ...options.codeInputs,
    { externalDependencies: [...options.packages] },
  ];
  const from = (files: string) => ({ dependentTasksOutputFiles: files });
  const load = (target: Stage, store: 'qdrant' | 'neon'): TargetConfiguration => ({
    ...stage(target),
    cache: true,
    inputs: [...common, from('**/{chunks,held,slice,refused}.jsonl'), from(`**/${store}.nonce`)],
    outputs: [`${state}/${target}`],
  });
  return {
    name,
    root,
    projectType: 'library',
    tags: ['type:corpus'],
    targets: {
      validate: {
        ...stage('validate'),
        // What an address has now is not known before it is read.
        cache: !input.isOpen,
        inputs: [
          ...common,
          ...inputFiles(root, input),
          // The model in use, and a digest of the input, since Nx hashes no file that git ignores or outside the
          // workspace.
          { runtime: `${options.command} runtime ${quoted(`${root}/corpus.json`)}` },
          // A success under a higher limit must not be replayed under a lower one.
          { env: 'LOCKSTEP_MAX_REJECTED_PERCENT' },
        ],
        outputs: [`${state}/validate`],
      },
      embed: {
        ...stage('embed'),
        cache: true,
        inputs: [...common, from('**/chunks.jsonl')],
        outputs: [`${state}/embed`],
      },
      provision: { ...stage('provision'), cache: false, outputs: [`${state}/provision`] },
      'load-qdrant': load('load-qdrant', 'qdrant'),
      'load-neon': load('load-neon', 'neon'),
      verify: { ...stage('verify'), cache: false },
      load: {
        executor: 'nx:noop',
        dependsOn: ['verify'],
        cache: false,
        // Without inputs of its own this target would not be affected by changes of what its stages depend on.
        inputs: [...common, { dependentTasksOutputFiles: '**/*', transitive: true }],
      },
    },
  };
}

/** A path as one argument of a command line, in sh and in cmd. */
function quoted(path: string): string {
  if (/["$`\\%]/.test(path)) throw new Error(`${path}: expected a path without quotes, "$", "%", "\\" and backticks.`);
  return /[^\w./-]/.test(path) ? `"${path}"` : path;
}
