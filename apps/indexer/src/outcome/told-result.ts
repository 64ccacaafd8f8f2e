import type { Environment } from '../settings/environment.ts';
import type { Flags } from '../settings/flags.ts';
import type { CorpusOutcome } from './command-result.ts';
import { hideAddresses } from '../markdown/hide-addresses.ts';
import type { Finding } from './finding.ts';

/** What a command came to, for a format that other programs read. */
export interface ToldResult {
  readonly command: string;
  readonly outcomes: readonly CorpusOutcome[];
  readonly notTried: readonly string[];
  /** What is of no single corpus. */
  readonly findings: readonly Finding[];
  readonly context: { readonly environment: Environment; readonly flags: Flags; readonly root: string };
}

/** What a person should look at, of no single corpus and of each. */
export function allFindings(told: ToldResult): Finding[] {
  const own = told.findings.map((finding) => withoutAddresses(finding, told));
  return [...own, ...told.outcomes.flatMap((outcome) => findingsOf(outcome, told))];
}

/** What a person should look at: errors of the command first. Addresses of services are left out, since others may read it. */
export function findingsOf(
  { corpus, error, result, rejects = [] }: CorpusOutcome,
  { command, context }: Pick<ToldResult, 'command' | 'context'>,
): Finding[] {
  const failure: Finding[] =
    error === undefined
      ? []
      : [
          {
            kind: 'error',
            title: `${command} ${corpus}: ${error.code}`,
            message: `${error.message} ${error.advice}`,
          },
        ];
  return [...failure, ...(result?.findings ?? []), ...rejects].map((finding) => withoutAddresses(finding, { context }));
}

/** A finding without the addresses of services. */
export function withoutAddresses(finding: Finding, { context }: Pick<ToldResult, 'context'>): Finding {
  return { ...finding, message: hideAddresses(finding.message, context.environment) };
}
