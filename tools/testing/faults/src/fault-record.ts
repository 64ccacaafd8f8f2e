/** How a request ended. */
export type RequestEnd =
  /** Not ended yet. */
  | 'pending'
  /** The whole answer, which may be a wrong one, was passed to the operating system. */
  | 'answered'
  /** The server closed the connection within the answer. */
  | 'cut'
  /** The server reset the connection. */
  | 'reset'
  /** The client closed the connection before. */
  | 'client-gone';

/** The record of one request. Holds no header, body or query. */
export interface FaultRecord {
  /** Counted from 1, in the order of arrival. */
  readonly number: number;
  /** Milliseconds since the service's first request. */
  readonly atMs: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The faults of this request, each as a short text. */
  readonly faults: readonly string[];
  /** Units of work: the number of texts for an embedding service, 1 for others. 0 until the body is read. */
  readonly units: number;
  /** Whether the service did the work, with a status of 200 to 299. */
  readonly worked: boolean;
  /** Whether the service did the work, and its answer did not reach the client unchanged. */
  readonly lost: boolean;
  /** The status that was sent; null if none was. */
  readonly status: number | null;
  readonly end: RequestEnd;
}

/** Totals of a faulty service. */
export interface FaultCounts {
  readonly requests: number;
  /** Requests with a fault. */
  readonly struck: number;
  /** Units of work that were done: for an embedding service, texts that would be paid for. */
  readonly worked: number;
  /** Units of `worked` whose answer was lost: paid for in vain. */
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
