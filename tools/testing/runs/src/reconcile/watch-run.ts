import { IndexingError, type StoreName } from '@lockstep/model';
import { NO_COSTS, type RigCosts } from '../corpus-rig.ts';
import type { Fault, Moment, Takeover } from './actions.ts';
import { itemsOf, type AroundCall, type PortCall } from '@lockstep/testing-ports';

export interface RunWatchOptions {
  readonly fault: Fault | undefined;
  /** Does the other run; called when no call of this one has been sent and not answered. */
  readonly takeOver: (by: Takeover) => Promise<void>;
  /** Whether a store has a stamp now. */
  readonly hasStamp: (store: StoreName) => Promise<boolean>;
}

/** A run that is being watched. */
export interface RunWatch {
  /** To be put around every call of the run. */
  readonly around: AroundCall;
  /** Items of the writes that succeeded. */
  readonly costs: { -readonly [Field in keyof RigCosts]: RigCosts[Field] };
  /** The fault that has happened. */
  readonly happened: Fault['fault'] | undefined;
  /** Whether the call that failed read the run table. */
  readonly failedReadingRuns: boolean;
  /** Set if another run took over. */
  readonly takenOver: ObservedTakeover | undefined;
  /** Calls that no run may make. */
  readonly forbidden: readonly string[];
  /** Writes to the stores in the order in which they were sent, such as `qdrant upsert`. */
  readonly storeWrites: readonly string[];
}

/** What a run did before and after another one ran in its midst. */
export interface ObservedTakeover {
  /** What the other run was. */
  readonly by: Takeover['run'];
  /** Whether the run had already taken its fence, and so is the earlier one. */
  readonly fenced: boolean;
  /** Stores whose stamp it had written. */
  readonly stamped: ReadonlySet<StoreName>;
  /** Its writes to Qdrant that were under way when the other run took over, in the order in which they landed after it. */
  readonly stragglers: readonly PortCall[];
}

/** The error of every call of a killed run: none of them is sent. */
export class Killed extends Error {}

/** The message of the error of a call that was made to fail. */
export const FAILED_CALL = 'a call that was made to fail';

/** Calls that write to a store. */
const STORE_WRITES: Readonly<Record<string, readonly string[]>> = {
  qdrant: ['upsert', 'overwritePayloads', 'delete'],
  neon: ['upsert', 'delete'],
};

/** Other calls that write. */
const OTHER_WRITES: Readonly<Record<string, readonly string[]>> = {
  neon: ['raiseFence'],
  ledger: ['takeFence', 'writeStamp', 'removeStamp', 'endRun'],
  cache: ['append'],
};

/** Watches one run, and disturbs it at most once. */
export function watchRun({ fault, takeOver, hasStamp }: RunWatchOptions): RunWatch {
  const costs = { ...NO_COSTS };
  const forbidden: string[] = [];
  const numbers: Record<Moment['of'], number> = { calls: 0, writes: 0, 'qdrant writes': 0, 'neon writes': 0 };
  const underWay = new Set<Promise<unknown>>();
  const stamped = new Set<StoreName>();
  const storeWrites: string[] = [];
  let happened: Fault['fault'] | undefined;
  let failedReadingRuns = false;
  let fenced = false;
  let dead = false;
  let gate: Promise<void> | undefined;
  let takenOver: (ObservedTakeover & { readonly stragglers: PortCall[] }) | undefined;

  const around: AroundCall = async (call, send) => {
    const isStoreWrite = isAmong(STORE_WRITES, call);
    const isStamped = isStoreWrite && (await hasStamp(call.port as StoreName));
    // From here until the call is sent nothing is awaited, unless another run takes over.
    const isMoment = isNext(call);
    const isLate = takenOver !== undefined;
    if (gate !== undefined) await gate;
    if (dead) throw new Killed();
    if (isMoment) happened = fault?.fault;
    if (isMoment && fault?.fault === 'failed call') {
      failedReadingRuns = call.port === 'ledger' && call.method === 'runs';
      throw new IndexingError({ code: 'service-unavailable', message: FAILED_CALL });
    }
    if (isMoment && fault?.fault === 'kill') {
      dead = true;
      if (fault.lands) await track(call, send);
      throw new Killed();
    }
    if (isMoment && fault?.fault === 'takeover') await letTakeOver(fault.by);
    if (isStoreWrite) checkWrite(call, { isLate, isStamped });
    return track(call, send);
  };

  /** Counts a call. Returns whether it is the one at which the fault happens. */
  function isNext(call: PortCall): boolean {
    const isStoreWrite = isAmong(STORE_WRITES, call);
    const counted: Moment['of'][] = ['calls'];
    if (isStoreWrite || isAmong(OTHER_WRITES, call)) counted.push('writes');
    if (isStoreWrite) counted.push(call.port === 'qdrant' ? 'qdrant writes' : 'neon writes');
    for (const of of counted) numbers[of] += 1;
    return fault !== undefined && counted.includes(fault.at.of) && numbers[fault.at.of] === fault.at.number;
  }

  async function letTakeOver(by: Takeover): Promise<void> {
    const open = Promise.withResolvers<void>();
    gate = open.promise;
    try {
      await Promise.all(underWay);
      const seen = { by: by.run, fenced, stamped: new Set(stamped), stragglers: [] };
      await takeOver(by);
      takenOver = seen;
    } finally {
      open.resolve();
    }
  }

  /**
   * The stamp of a store is withdrawn before the first write to it. An overtaken run sends no write to Qdrant; Postgres
   * refuses its writes.
   */
  function checkWrite(call: PortCall, { isLate, isStamped }: { isLate: boolean; isStamped: boolean }): void {
    const { port, method } = call;
    storeWrites.push(`${port} ${method}`);
    if (takenOver?.fenced !== true) {
      if (isStamped) forbidden.push(`${port} ${method} under a stamp`);
    } else if (port === 'qdrant' && isLate) forbidden.push(`${port} ${method} after another run took over`);
    else if (port === 'qdrant') takenOver.stragglers.push(call);
  }

  async function track<Answer>(call: PortCall, send: () => Promise<Answer>): Promise<Answer> {
    const answer = send();
    const ended = answer.then(
      () => undefined,
      () => undefined,
    );
    underWay.add(ended);
    try {
      note(call, await answer);
      return await answer;
    } finally {
      underWay.delete(ended);
    }
  }

  function note(call: PortCall, answer: unknown): void {
    const { port, method, args } = call;
    const items = itemsOf(call).length;
    if (port === 'embedder') costs.requests += 1;
    const field = COSTS[`${port} ${method}`];
    if (field !== undefined) costs[field] += items;
    if (method === 'takeFence') fenced = true;
    const isStamped = method === 'writeStamp' && answer === true;
    if (isStamped) stamped.add(args[1] as StoreName);
    if (takenOver?.fenced === true && (isStamped || (port === 'neon' && isAmong(STORE_WRITES, call)))) {
      forbidden.push(`${port} ${method} went through after another run took over`);
    }
  }

  return {
    around,
    costs,
    forbidden,
    storeWrites,
    get happened() {
      return happened;
    },
    get failedReadingRuns() {
      return failedReadingRuns;
    },
    get takenOver() {
      return takenOver;
    },
  };
}

const COSTS: Readonly<Record<string, keyof RigCosts>> = {
  'embedder embed': 'inputs',
  'qdrant upsert': 'upserted',
  'qdrant overwritePayloads': 'payloads',
  'qdrant delete': 'pointsDeleted',
  'neon upsert': 'written',
  'neon delete': 'rowsDeleted',
};

function isAmong(methods: typeof STORE_WRITES, { port, method }: PortCall): boolean {
  return methods[port]?.includes(method) === true;
}
