import type { Telemetry } from '@lockstep/model';
import type { MinuteLimits } from '@lockstep/resilience';
import { openStateDirectory, stateDirectory } from '../runtime/state-directory.ts';
import { workspaceRoot } from '../runtime/workspace-root.ts';
import { readEnvironment, readVariables, type Environment } from '../settings/environment.ts';
import type { Flags } from '../settings/flags.ts';
import { minuteLimits } from '../settings/minute-limits.ts';
import { resolveFlags } from '../settings/parse-flags.ts';
import { resolveProfile, type Profile } from '../settings/profile.ts';
import { takeForeignPostgres } from '../settings/variables/foreign-postgres.ts';
import type { Reporter } from '../terminal/reporter.ts';

/** What every command gets, and every operation of the API. */
export interface Context {
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
  readonly flags: Flags;
  /** What was typed, without what variables and defaults say. */
  readonly typed: Partial<Flags>;
  /** The folder that paths are relative to. */
  readonly cwd: string;
  readonly root: string;
  readonly stateDirectory: string;
  readonly environment: Environment;
  readonly profile: Profile;
  readonly minuteLimits: MinuteLimits;
}

export interface ContextOptions extends Pick<Context, 'cwd' | 'signal' | 'reporter' | 'typed'> {
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
  /** Variables in place of those of the process and of `.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
  /** The only store that is used. @default the store of the flag, or both */
  readonly only?: Flags['only'];
  /** Whether the state directory is left as it is, and not made. @default false */
  readonly withoutState?: boolean | undefined;
}

/** Finds out where everything is, and which services are in use. */
export function resolveContext({ cwd, signal, reporter, typed, ...options }: ContextOptions): Context {
  const root = workspaceRoot(cwd);
  const { variables } = options;
  const warn = (problem: string): void => reporter.logger('').warn('variable-ignored', { problem });
  const read = variables === undefined ? readEnvironment(root, process.env, warn) : readVariables(variables, warn);
  const resolved = resolveFlags(typed, read);
  const flags = { ...resolved, json: resolved.json || resolved.format === 'json' };
  const environment = takeForeignPostgres(read, flags);
  const profile = resolveProfile(environment, flags, options.only ?? flags.only);
  const open = options.withoutState === true ? stateDirectory : openStateDirectory;
  return {
    telemetry: options.telemetry,
    ...{ signal, reporter, flags, typed, cwd, root, environment, profile },
    stateDirectory: open({ root, cwd, flag: flags['state-dir'] }),
    minuteLimits: minuteLimits(flags),
  };
}
