/** Failures in a row, in the order in which requests were sent. */
export interface FailureRow {
  /** The request of this number was answered, which ends the row of those that were sent before it. */
  answered(number: number): void;
  /** The request of this number failed. False where one that was sent later was answered: then it tells nothing of now. */
  failed(number: number): boolean;
  length(): number;
}

/**
 * Counts failures in a row. Numbers grow in the order of sending: when a service goes down, answers to earlier requests
 * still come in between the failures of later ones, and would start a count by arrival anew.
 */
export function createFailureRow(): FailureRow {
  let lastAnswered = 0;
  let failures: number[] = [];
  return {
    answered(number) {
      lastAnswered = Math.max(lastAnswered, number);
      failures = failures.filter((failure) => failure > lastAnswered);
    },
    failed(number) {
      if (number < lastAnswered) return false;
      failures.push(number);
      return true;
    },
    length: () => failures.length,
  };
}
