import { randomBytes } from 'node:crypto';
import type { PreTasksExecution } from '@nx/devkit';
import type { PluginOptions } from './plugin-options.ts';

/**
 * Gives the tasks of one invocation of Nx the id of a trace, in the form of W3C's header `traceparent`: every stage is a process of its
 * own, and there is no run before provision that could name it. The parent that it names is the invocation, which sends no span.
 *
 * Always a new one: the daemon that runs this hook still has that of the invocation before. Nx hands on what a hook sets in its
 * `process.env`. A variable of our own, since TRACEPARENT would concern the other tasks of a workspace too.
 */
export const preTasksExecution: PreTasksExecution<PluginOptions> = () => {
  process.env['LOCKSTEP_TRACEPARENT'] = `00-${hex(16)}-${hex(8)}-01`;
};

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
