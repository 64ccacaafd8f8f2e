import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A call of a method of a port that a child sends to its parent. */
interface Call {
  readonly id: number;
  readonly port: string;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Ports by name. */
export type Ports = Readonly<Record<string, object>>;

/** In the child: calls a method in the parent. A method that returns pages returns all of them at once. */
export type CallParent = (port: string, method: string, parameters: readonly unknown[]) => Promise<unknown>;

/** In the child: listens for answers, which keeps the process alive until it disconnects. */
export function openCalls(): CallParent {
  const waiting = new Map<number, (answer: Answer) => void>();
  let calls = 0;
  process.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  return (port, method, parameters) =>
    new Promise((resolve, reject) => {
      calls += 1;
      const call: Call = { id: calls, port, method, parameters };
      waiting.set(call.id, ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))));
      process.send?.(call);
    });
}

/**
 * In the parent: makes the calls of a child as a server would: a call is completed even if the child is killed before
 * that. Resolves when the child has ended and all calls are done; `others` gets every other message.
 */
export async function answerCalls(
  child: ChildProcess,
  ports: Ports,
  others: (message: unknown) => void,
): Promise<void> {
  const underway = new Set<Promise<void>>();
  child.on('message', (message) => {
    if (!isCall(message)) return others(message);
    const done = answer(child, ports, message).finally(() => underway.delete(done));
    underway.add(done);
  });
  await once(child, 'disconnect');
  await Promise.all(underway);
}

async function answer(child: ChildProcess, ports: Ports, { id, port, method, parameters }: Call): Promise<void> {
  const reply: Answer = await perform(ports, { port, method, parameters }).then(
    (result) => ({ id, result }),
    (error: unknown) => ({ id, error: String(error) }),
  );
  // A killed child gets no answer.
  if (child.connected) child.send(reply, () => {});
}

async function perform(ports: Ports, { port, method, parameters }: Omit<Call, 'id'>): Promise<unknown> {
  const target = ports[port] as Readonly<Record<string, (...parameters: readonly unknown[]) => unknown>>;
  const result = await target[method]?.(...parameters);
  if (!isPages(result)) return result;
  const pages: unknown[] = [];
  for await (const page of result) pages.push(page);
  return pages;
}

function isPages(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

function isCall(message: unknown): message is Call {
  return typeof message === 'object' && message !== null && 'method' in message;
}
