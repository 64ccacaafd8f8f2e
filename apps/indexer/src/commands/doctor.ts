import { CORPUS_DEFAULTS, EXIT, isIndexingError, type Dependency, type Embedder } from '@lockstep/model';
import { resolveModel } from '../settings/corpus-settings.ts';
import type { Choice } from '../settings/profile.ts';
import { doctorText, type ServiceReport } from '../text/doctor-text.ts';
import { PROBE_GUARD } from '../wiring/probe-guard.ts';
import { withServices } from '../wiring/with-services.ts';
import { workspaceCommand } from '../wiring/workspace-command.ts';
import { SERVICE_FLAGS } from '../settings/flags.ts';

export const doctor = workspaceCommand({
  name: 'doctor',
  flags: [...SERVICE_FLAGS],
  examples: [
    ['indexer doctor', 'Asks every service that is configured'],
    ['indexer doctor --vectors embedded', 'Asks the embedded Qdrant in place of yours'],
  ],
  async run(context) {
    const { environment, flags, profile, signal } = context;
    const reports = await withServices({ ...context, guardLimits: PROBE_GUARD }, 'doctor', async (services) => [
      await examine('openai', profile.embedder, signal, () => services.embedder(resolveModel({}, flags, profile))),
      await examine('qdrant', profile.vectors, signal, () => services.vectors(CORPUS_DEFAULTS.collection)),
      {
        ...(await examine('neon', profile.rows, signal, () => services.rows(CORPUS_DEFAULTS.table))),
        variable: environment.postgresVariable,
      },
    ]);
    const ok = reports.every(({ reachable }) => reachable);
    return { text: doctorText(reports), json: { ok, services: reports }, exit: ok ? EXIT.done : EXIT.failed };
  },
});

async function examine(
  service: Dependency,
  choice: Choice,
  signal: AbortSignal,
  open: () => Promise<Pick<Embedder, 'describe'>>,
): Promise<ServiceReport> {
  try {
    const { name, version } = await (await open()).describe({ signal });
    return { service, choice, reachable: true, name, version };
  } catch (error) {
    const problem = isIndexingError(error) ? `${error.message} ${error.advice}` : 'failed for an unknown reason';
    return { service, choice, reachable: false, problem };
  }
}
