import type { Tree } from '@nx/devkit';

/** Name of the plugin in nx.json. */
export const PLUGIN = '@lockstep/nx';

/** An entry of `plugins` in nx.json. */
type PluginEntry = string | { readonly plugin?: string; readonly options?: unknown };

/** Names the plugin in nx.json, and says what was done. A file with comments is left as it is, since they would be lost. */
export function registerPlugin(tree: Tree): string {
  let nxJson: { readonly plugins?: readonly PluginEntry[] };
  try {
    nxJson = JSON.parse(tree.read('nx.json', 'utf8') ?? '{}') as typeof nxJson;
  } catch {
    return `nx.json is left as it is, since it has comments: if its "plugins" lack "${PLUGIN}", add it`;
  }
  const { plugins = [] } = nxJson;
  if (plugins.some((entry) => (typeof entry === 'string' ? entry : entry.plugin) === PLUGIN)) {
    return 'nx.json has the plugin';
  }
  tree.write('nx.json', `${JSON.stringify({ ...nxJson, plugins: [...plugins, PLUGIN] }, null, 2)}\n`);
  return 'nx.json: added the plugin';
}
