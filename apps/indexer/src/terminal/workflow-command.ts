import { withoutControls } from './printable.ts';

/** Longest message, in UTF-16 units. */
const MESSAGE_MAX = 2000;

/**
 * A command in the log of a workflow. Nothing in its texts ends it or begins another one.
 *
 * *Source*: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts and
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs, which reads it, 2026-12.
 */
export function workflowCommand(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const set = Object.entries(properties).map(([key, value]) => `${key}=${property(withoutControls(value))}`);
  const text = message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}...` : message;
  return `::${name} ${set.join(',')}::${data(text.split('\n').map(withoutControls).join('\n'))}`;
}
