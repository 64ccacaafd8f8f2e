/** How a request came to its end. */
export type RequestEnd =
  /** Not yet. */
  | 'pending'
  /** Everything that was meant to be sent was handed to the system; the answer may still be a wrong one. */
  | 'answered'
  /** The server ended the connection within the answer. */
  | 'cut'
  /** The server reset the connection. */
  | 'reset'
  /** The client left before. */
  | 'client-gone';

/** What a faulty service knows of one request. Holds no header, body or query. */
export interface FaultRecord {
  /** From 1, in the order of arrival. */
  readonly number: number;
  /** Milliseconds since the service's first request. */
  readonly atMs: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** What struck it, in a few words each. */
  readonly faults: readonly string[];
  /** What the request is worth: texts for an embedding service, 1 elsewhere. 0 until its body was read. */
  readonly units: number;
  /** The service did what was asked, with a status of 200 to 299. */
  readonly worked: boolean;
  /** It did, and the answer did not reach the client as it was given. */
  readonly lost: boolean;
  /** The status that was sent, if one was. */
  readonly status: number | null;
  readonly end: RequestEnd;
}

/** What a faulty service saw in all. */
export interface FaultCounts {
  readonly requests: number;
  /** Requests that a fault struck. */
  readonly struck: number;
  /** Units of work done: for an embedding service, texts that would have been paid for. */
  readonly worked: number;
  /** Of these, units whose answer was lost: paid for nothing. */
  readonly workedButFailed: number;
}

export function countRecords(records: readonly FaultRecord[]): FaultCounts {
  const unitsOf = (chosen: readonly FaultRecord[]): number => chosen.reduce((sum, { units }) => sum + units, 0);
  return {
    requests: records.length,
    struck: records.filter(({ faults }) => faults.length > 0).length,
    worked: unitsOf(records.filter(({ worked }) => worked)),
    workedButFailed: unitsOf(records.filter(({ lost }) => lost)),
  };
}
