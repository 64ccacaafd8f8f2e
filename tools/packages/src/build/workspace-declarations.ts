import { realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Plugin } from 'rolldown';
import { readManifest } from '../read-manifest.ts';
import { ROOT } from '../published-packages.ts';

/** The declarations that `tsc -b` wrote for a source of the workspace. */
export function declarationsOf(source: string): string {
  return source.replace(/\/src\/(?=[^]*\.ts$)/, '/out-tsc/lib/').replace(/\.ts$/, '.d.ts');
}

/** Finds declarations of the workspace among each other, since they name sources and packages as the sources do. */
export function workspaceDeclarations(): Plugin {
  return {
    name: 'workspace-declarations',
    resolveId: {
      // Before the resolver of the bundler of declarations, which would go on to the sources.
      order: 'pre',
      handler(id, importer) {
        if (importer === undefined || !importer.includes('/out-tsc/')) return undefined;
        if (id.startsWith('.')) return resolve(dirname(importer), id.replace(/\.ts$/, '.d.ts'));
        const [, name, path = ''] = /^(@lockstep\/[^/]+)(\/.+)?$/.exec(id) ?? [];
        if (name === undefined) return undefined;
        const folder = realpathSync(join(ROOT, 'node_modules', name));
        const source = readManifest(folder).exports?.[`.${path}`];
        return source === undefined ? undefined : declarationsOf(join(folder, source));
      },
    },
  };
}
