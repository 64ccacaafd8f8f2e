import { CORPUS_DEFAULTS, EXIT, isIndexingError, type Dependency, type ServiceInfo } from '@lockstep/model';
import { createConsoleLogger } from '../console-logger.ts';
import { openServices } from '../open-services.ts';
import { PROBE_GUARD } from '../probe-guard.ts';
import { workspaceCommand } from '../run-command.ts';
import { resolveModel } from '../settings/corpus-settings.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { KNOWN_MODELS } from '../settings/known-models.ts';
import type { Choice } from '../settings/profile.ts';

interface ServiceReport {
  readonly service: Dependency;
  readonly choice: Choice;
  readonly reachable: boolean;
  readonly name?: string;
  readonly version?: string;
  readonly problem?: string;
}

export const doctor = workspaceCommand({
  name: 'doctor',
  description: 'Says which services are configured and reachable, and with what versions',
  args: COMMON_ARGS,
  async run({ flags, environment, profile, stateDirectory, signal }) {
    const logger = createConsoleLogger({ verbose: flags.verbose, prefix: 'doctor' });
    const services = openServices({ environment, profile, stateDirectory, logger, signal, guardLimits: PROBE_GUARD });
    try {
      const reports = [
        await examine('openai', profile.embedder, async () =>
          (await services.embedder(resolveModel({}, flags, profile, KNOWN_MODELS))).describe({ signal }),
        ),
        await examine('qdrant', profile.vectors, async () =>
          (await services.vectors(CORPUS_DEFAULTS.collection)).describe({ signal }),
        ),
        await examine('neon', profile.rows, async () =>
          (await services.rows(CORPUS_DEFAULTS.table)).describe({ signal }),
        ),
      ];
      const ok = reports.every(({ reachable }) => reachable);
      return {
        text: reports.map(reportText).join('\n'),
        json: { ok, services: reports },
        exit: ok ? EXIT.done : EXIT.failed,
      };
    } finally {
      await services.close();
    }
  },
});

async function examine(
  service: Dependency,
  choice: Choice,
  describe: () => Promise<ServiceInfo>,
): Promise<ServiceReport> {
  try {
    const { name, version } = await describe();
    return { service, choice, reachable: true, name, version };
  } catch (error) {
    const problem = isIndexingError(error) ? `${error.message} ${error.advice}` : 'failed in an unknown way';
    return { service, choice, reachable: false, problem };
  }
}

function reportText({ service, choice, reachable, name, version, problem }: ServiceReport): string {
  return `${reachable ? 'ok  ' : 'FAIL'} ${service.padEnd(7)} ${choice.padEnd(9)} ${reachable ? `${name} ${version}` : problem}`;
}
