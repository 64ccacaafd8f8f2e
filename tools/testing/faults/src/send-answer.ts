import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type { Clock } from '@lockstep/model';
import { changeEmbeddings } from './change-embeddings.ts';
import type { RequestEnd } from './fault-record.ts';
import { changesEmbeddings, type Spoiling } from './fault-rule.ts';

/** An answer of a service, with its body read. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const PAGE = '<!DOCTYPE html><html><head><title>Just a moment</title></head><body>Please wait.</body></html>\n';

/** Interval between the parts of a slow answer, in milliseconds. */
const DRIP_MS = 100;

/** The answer of a fault in place of that of the service; undefined for other faults. */
export function standInAnswer(fault: Spoiling): WholeAnswer | undefined {
  if ('html200' in fault) {
    return { status: 200, headers: { 'content-type': 'text/html' }, body: new TextEncoder().encode(PAGE) };
  }
  if (!('status' in fault)) return undefined;
  return jsonAnswer(fault.status, fault.body ?? errorBody('scripted'), fault.headers);
}

/** An error body in the form of all three services. */
export function errorBody(message: string): object {
  return { error: { message, type: 'scripted', code: null, param: null }, status: { error: message }, message };
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): WholeAnswer {
  const body = new TextEncoder().encode(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** The whole answer to send, changed if the fault changes its content. */
export function spoiltAnswer(answer: WholeAnswer, fault: Spoiling): WholeAnswer {
  if (changesEmbeddings(fault)) return { ...answer, body: changeEmbeddings(answer.body, fault) };
  if ('brokenJson' in fault) return { ...answer, body: answer.body.subarray(0, half(answer)) };
  return answer;
}

/**
 * Sends an answer with the fault, if that is about sending. Resolves when the answer is sent or cannot be sent.
 */
export async function sendAnswer(
  response: ServerResponse,
  {
    answer,
    fault,
    clock,
    signal,
  }: {
    readonly answer: WholeAnswer;
    readonly fault: Spoiling | undefined;
    readonly clock: Clock;
    /** Aborts when the connection is closed. */
    readonly signal: AbortSignal;
  },
): Promise<RequestEnd> {
  const { status, headers, body } = answer;
  const head = (more: Readonly<Record<string, string | number>> = {}): void =>
    void response.writeHead(status, { ...headers, 'content-length': body.byteLength, ...more });
  if (signal.aborted) return 'client-gone';
  try {
    if (fault !== undefined && 'stall' in fault) {
      if (fault.stall !== 'before-headers') head();
      if (fault.stall === 'after-headers') response.flushHeaders();
      if (fault.stall === 'in-body') response.write(body.subarray(0, half(answer)));
      await once(response, 'close');
      return 'client-gone';
    }
    if (fault !== undefined && 'cut' in fault) {
      const bytes = fault.cut < 1 ? Math.floor(body.byteLength * fault.cut) : fault.cut;
      head();
      response.flushHeaders();
      if (bytes > 0) response.write(body.subarray(0, bytes));
      const closed = once(response, 'close');
      response.socket?.destroySoon();
      await closed;
      return 'cut';
    }
    if (fault !== undefined && 'wrongLength' in fault) {
      head({ 'content-length': Math.max(0, body.byteLength + fault.wrongLength), connection: 'close' });
      response.end(body);
      await finished(response);
      return 'cut';
    }
    head();
    if (fault !== undefined && 'dripBytesPerSecond' in fault) {
      await drip(response, { body, bytesPerSecond: fault.dripBytesPerSecond, clock, signal });
      response.end();
    } else response.end(body);
    await finished(response);
    return 'answered';
  } catch {
    // An error here means that the connection is closed.
    return 'client-gone';
  }
}

async function drip(
  response: ServerResponse,
  {
    body,
    bytesPerSecond,
    clock,
    signal,
  }: {
    readonly body: Uint8Array;
    readonly bytesPerSecond: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  response.flushHeaders();
  const step = Math.max(1, Math.floor((bytesPerSecond * DRIP_MS) / 1000));
  for (let at = 0; at < body.byteLength; at += step) {
    await clock.sleep((step * 1000) / bytesPerSecond, signal);
    response.write(body.subarray(at, at + step));
  }
}

function half({ body }: WholeAnswer): number {
  return Math.floor(body.byteLength / 2);
}
