import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Clock } from '@lockstep/model';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { countRecords, type FaultCounts, type FaultRecord, type RequestEnd } from './fault-record.ts';
import { changesEmbeddings, describeFault, type FaultRule, type Spoiling } from './fault-rule.ts';
import { createFaultPicker, type PickedFaults } from './pick-faults.ts';
import { errorBody, jsonAnswer, sendAnswer, spoiltAnswer, standInAnswer, type WholeAnswer } from './send-answer.ts';

/** A service as a web-standard function. */
export type Handler = (request: Request) => Promise<Response>;

export interface FaultServerOptions {
  /** The service. It does not notice when a client disconnects, as real services continue their work. */
  readonly handler: Handler;
  readonly rules?: readonly FaultRule[];
  /** Seed of `chance`. @default '1' */
  readonly seed?: string;
  /** Units of work of a request with this body, for the counts. @default () => 1 */
  readonly unitsOf?: (body: Uint8Array) => number;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** @default a free port */
  readonly port?: number;
  /** Called when a fault begins. */
  readonly onFault?: (record: FaultRecord) => void;
  /** Called when a request has ended. */
  readonly onEnd?: (record: FaultRecord) => void;
}

/** A service on loopback that fails as its rules say. */
export interface FaultServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every request so far, in the order of arrival. */
  readonly log: readonly FaultRecord[];
  counts(): FaultCounts;
  /** Replaces the rules from the next request on; their numbers and times start again. */
  setRules(rules: readonly FaultRule[]): void;
  /** Ends all connections and waits; resolves when the service has finished its work. Can be called again. */
  close(): Promise<void>;
}

/** A request in progress. */
interface Exchange {
  readonly record: { -readonly [Key in keyof FaultRecord]: FaultRecord[Key] } & { faults: string[] };
  readonly picked: PickedFaults;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the connection is closed. */
  readonly connection: AbortController;
}

/** Headers of one connection, or of a body that is not passed on unchanged. */
const NOT_PASSED_ON =
  /^(host|connection|keep-alive|transfer-encoding|content-length|content-encoding|accept-encoding|upgrade|expect|te|trailer|proxy-.*)$/;

/** Interval in milliseconds and number of attempts to listen on the port again after a restart. */
const LISTEN_AGAIN = { everyMs: 100, times: 100 } as const;

/**
 * Serves a handler on loopback through a real HTTP server, with the faults of the rules.
 *
 * A request gets its number when it arrives. Then come the waits before the work, the work (or not), the waits after
 * it, and the answer with its fault.
 * *Errors*: throws if the port cannot be opened. An error of the handler is answered with 502.
 */
export async function startFaultServer(options: FaultServerOptions): Promise<FaultServer> {
  const { handler, clock = SYSTEM_CLOCK, seed = '1' } = options;
  const log: Exchange['record'][] = [];
  const sockets = new Set<Socket>();
  const open = new Map<Exchange, Promise<void>>();
  const closed = new AbortController();
  let pick = createFaultPicker(options.rules ?? [], seed);
  let firstAt: number | undefined;
  let rulesSince: number | undefined;
  let restarting: Promise<void> | undefined;

  const server = createServer((request, response) => {
    const exchange = begin(request, response);
    const done = answer(exchange).finally(() => open.delete(exchange));
    open.set(exchange, done);
  });
  // Otherwise the server could close an idle connection just when the client sends on it: a fault without a rule.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const now = clock.now();
    firstAt ??= now;
    rulesSince ??= now;
    const record: Exchange['record'] = {
      number: log.length + 1,
      atMs: now - firstAt,
      method: request.method ?? 'GET',
      path: (request.url ?? '/').split('?', 1)[0] ?? '/',
      faults: [],
      units: 0,
      worked: false,
      lost: false,
      status: null,
      end: 'pending',
    };
    log.push(record);
    const connection = new AbortController();
    response.on('close', () => {
      connection.abort();
      if (record.end === 'pending' && !response.writableFinished) record.end = 'client-gone';
    });
    response.on('error', () => undefined);
    const picked = pick({ method: record.method, path: record.path, sinceFirstMs: now - rulesSince });
    return { record, picked, request, response, connection };
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { record, response } = exchange;
    try {
      const body = await buffer(exchange.request);
      record.units = options.unitsOf?.(body) ?? 1;
      const end = await applyFaults(exchange, body);
      if (record.end !== 'reset') record.end = end;
    } catch {
      // The client disconnected while it was sending, or the server is being closed.
      if (record.end === 'pending') record.end = closed.signal.aborted ? 'reset' : 'client-gone';
      response.destroy();
    }
    if (record.worked && record.end !== 'answered') record.lost = true;
    options.onEnd?.({ ...record });
  }

  async function applyFaults(exchange: Exchange, body: Buffer): Promise<RequestEnd> {
    const { record, response, connection } = exchange;
    const { waits, spoiling } = exchange.picked;
    for (const { fault, ms, when } of waits) {
      if (when !== 'before') continue;
      addFault(record, describeFault(fault));
      await clock.sleep(ms, closed.signal);
    }
    let given: WholeAnswer | undefined;
    if (spoiling === undefined || spoiling.when === 'after') given = await work(exchange, body);
    for (const { fault, ms, when } of waits) {
      if (when !== 'after') continue;
      addFault(record, describeFault(fault));
      await clock.sleep(ms, closed.signal);
    }
    const fault = spoiling?.fault;
    if (fault !== undefined) {
      record.lost = record.worked && !arrivesWhole(fault);
      addFault(record, describeFault(fault));
      if ('reset' in fault || 'restartMs' in fault) {
        reset(exchange);
        if ('restartMs' in fault) restart(fault.restartMs);
        return 'reset';
      }
    }
    const whole = spoil(fault, given);
    const signal = AbortSignal.any([connection.signal, closed.signal]);
    if (fault === undefined || !('stall' in fault && fault.stall === 'before-headers')) record.status = whole.status;
    return sendAnswer(response, { answer: whole, fault, clock, signal });
  }

  function addFault(record: Exchange['record'], fault: string): void {
    record.faults.push(fault);
    options.onFault?.({ ...record });
  }

  async function work({ record, request }: Exchange, body: Buffer): Promise<WholeAnswer> {
    try {
      const response = await handler(toRequest(request, body));
      const bytes = new Uint8Array(await response.arrayBuffer());
      record.worked = response.ok;
      return { status: response.status, headers: passedOn(response.headers), body: bytes };
    } catch (error) {
      return jsonAnswer(502, errorBody(`the service failed: ${error instanceof Error ? error.message : 'unknown'}`));
    }
  }

  function spoil(fault: Spoiling | undefined, given: WholeAnswer | undefined): WholeAnswer {
    if (fault === undefined) return given as WholeAnswer;
    const instead = standInAnswer(fault);
    if (instead !== undefined) return instead;
    // Only a stall sends nothing.
    if (given === undefined) return jsonAnswer(503, errorBody('scripted'));
    // An error holds no embeddings and is not changed.
    if (changesEmbeddings(fault) && (given.status < 200 || given.status > 299)) return given;
    return spoiltAnswer(given, fault);
  }

  function reset({ record, response }: Exchange): void {
    record.end = 'reset';
    response.socket?.resetAndDestroy();
  }

  function restart(downMs: number): void {
    if (restarting !== undefined || closed.signal.aborted) return;
    const ended = once(server, 'close');
    const { port } = server.address() as AddressInfo;
    server.close();
    resetAll();
    restarting = (async () => {
      await ended;
      await clock.sleep(downMs, closed.signal);
      await listenAgain(port);
    })()
      .catch((error: unknown) => {
        if (!closed.signal.aborted) throw error;
      })
      .finally(() => (restarting = undefined));
  }

  async function listenAgain(port: number): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      closed.signal.throwIfAborted();
      try {
        return await listen(port);
      } catch (error) {
        // Another program may have taken the port in the meantime.
        if (tries === LISTEN_AGAIN.times) throw error;
        await clock.sleep(LISTEN_AGAIN.everyMs, closed.signal);
      }
    }
  }

  async function listen(port: number): Promise<void> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  }

  function resetAll(): void {
    for (const exchange of open.keys()) if (exchange.record.end === 'pending') exchange.record.end = 'reset';
    for (const socket of sockets) socket.resetAndDestroy();
  }

  await listen(options.port ?? 0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get log() {
      return log.map((record) => ({ ...record, faults: [...record.faults] }));
    },
    counts: () => countRecords(log),
    setRules(rules) {
      pick = createFaultPicker(rules, seed);
      rulesSince = undefined;
    },
    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      await restarting;
      if (server.listening) {
        const ended = once(server, 'close');
        server.close();
        resetAll();
        await ended;
      }
      await Promise.allSettled(open.values());
    },
  };
}

/** Whether the whole answer arrives despite the fault. */
function arrivesWhole(fault: Spoiling): boolean {
  return 'dripBytesPerSecond' in fault || 'reorder' in fault;
}

function toRequest(message: IncomingMessage, body: Buffer): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined && !NOT_PASSED_ON.test(name)) headers.set(name, String(value));
  }
  const method = message.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://127.0.0.1${message.url ?? '/'}`, {
    method,
    headers,
    ...(hasBody ? { body: Uint8Array.from(body) } : {}),
  });
}

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => !NOT_PASSED_ON.test(name)));
}
