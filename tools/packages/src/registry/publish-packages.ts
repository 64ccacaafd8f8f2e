import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PUBLISHED_PACKAGES } from '../published-packages.ts';

/** Publishes the built packages to a registry on loopback, by the command that a release publishes them with. */
export function publishPackages(registry: string): void {
  for (const project of Object.keys(PUBLISHED_PACKAGES)) {
    const args = [join(import.meta.dirname, '../release/publish.ts'), project, `--registry=${registry}`];
    // Only a CI that the registry knows can prove where a package was built.
    execFileSync(process.execPath, [...args, '--provenance=false'], {
      // npm wants a token, and this registry none.
      env: { ...process.env, [`npm_config_${registry.replace(/^http:/, '')}:_authToken`]: 'none' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
}
