/** Failures in a row, in the order in which requests were sent. */
export interface ConsecutiveFailures {
  /** The request with this number was answered, which ends the row of failures that were sent before it. */
  recordAnswer(number: number): void;
  /** The request with this number failed. False where a later one was answered already: then the failure is outdated. */
  recordFailure(number: number): boolean;
  count(): number;
}

/**
 * Counts failures in a row. Numbers grow in the order of sending: when a service goes down, answers to earlier requests
 * still arrive between the failures of later ones, and would restart a count by arrival.
 */
export function createConsecutiveFailures(): ConsecutiveFailures {
  let lastAnswered = 0;
  let failures: number[] = [];
  return {
    recordAnswer(number) {
      lastAnswered = Math.max(lastAnswered, number);
      failures = failures.filter((failure) => failure > lastAnswered);
    },
    recordFailure(number) {
      if (number < lastAnswered) return false;
      failures.push(number);
      return true;
    },
    count: () => failures.length,
  };
}
