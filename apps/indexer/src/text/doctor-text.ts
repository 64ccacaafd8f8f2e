import type { Dependency } from '@lockstep/model';
import type { Choice } from '../settings/profile.ts';
import { marked } from '../terminal/marked.ts';

/** What doctor found out about one service. */
export interface ServiceReport {
  readonly service: Dependency;
  readonly choice: Choice;
  readonly reachable: boolean;
  readonly name?: string;
  readonly version?: string;
  readonly problem?: string;
  /** The variable of another program that names it. */
  readonly variable?: string | undefined;
}

/** What each service is for, or is. */
const LABELS: Readonly<Record<Dependency, string>> = { openai: 'embedding', qdrant: 'qdrant', neon: 'postgres' };

/** Each service in one line. */
export function doctorText(reports: readonly ServiceReport[]): string {
  return reports
    .map(
      ({ service, choice, reachable, name, version, problem, variable }) =>
        `${reachable ? marked('good', 'ok  ') : marked('bad', 'FAIL')} ${LABELS[service].padEnd(9)} ${choice.padEnd(9)} ${reachable ? `${name} ${version}` : problem}` +
        (variable === undefined ? '' : ` (named by ${variable}, since NEON_POSTGRES_CONNECTION_STRING is not set)`),
    )
    .join('\n');
}
