/** Options of the plugin in `nx.json`. */
export interface PluginOptions {
  /** Command that starts the command line. @default 'node node_modules/@lockstep/indexer/bin/indexer.js' */
  readonly command?: string;
  /** Source files of the stages, as Nx inputs. @default [], for a workspace that has the program from npm */
  readonly codeInputs?: readonly string[];
  /**
   * npm packages that the results of stages depend on, each with what it depends on itself; changes of others in the
   * lockfile do not affect their cache.
   * @default ['@lockstep/indexer']
   */
  readonly packages?: readonly string[];
}

export type ResolvedPluginOptions = Required<PluginOptions>;

/** Fills in the defaults, which are for a workspace that has the program from npm. */
export function resolvePluginOptions(options: PluginOptions = {}): ResolvedPluginOptions {
  return {
    command: 'node node_modules/@lockstep/indexer/bin/indexer.js',
    codeInputs: [],
    packages: ['@lockstep/indexer'],
    ...options,
  };
}
