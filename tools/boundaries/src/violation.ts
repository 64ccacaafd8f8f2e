/** One broken rule, ready to print. */
export interface Violation {
  /** Path from the workspace root, with `/`. */
  readonly file: string;
  /** What stands there, such as `imports @lockstep/model`. */
  readonly found: string;
  /** The name of the rule, in kebab-case. */
  readonly rule: string;
  /** What to do about it. */
  readonly advice: string;
}

/** One line for a violation: file, what was found, rule, advice. */
export function formatViolation({ file, found, rule, advice }: Violation): string {
  return `${file} ${found}: ${rule}: ${advice}`;
}
