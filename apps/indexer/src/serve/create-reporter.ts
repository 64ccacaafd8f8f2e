import type { ReportData } from '@lockstep/report';
import { collectReport } from '../report/collect-report.ts';
import type { Context } from '../wiring/resolve-context.ts';
import type { HeldServices } from './hold-services.ts';
import { textsWith } from './http/hide-paths.ts';

/** Collects the report without plans, once for all who ask while it is collected. */
export function createReporter(
  context: Context,
  held: HeldServices,
  hide: (text: string) => string,
): () => Promise<ReportData> {
  let collecting: Promise<ReportData> | undefined;
  return () => {
    collecting ??= held
      .use((services) => collectReport({ ...context, services }, { withPlans: false, now: () => new Date() }))
      .then((data) => textsWith(data, hide))
      .finally(() => (collecting = undefined));
    return collecting;
  };
}
