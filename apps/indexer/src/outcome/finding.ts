/** Something that a person should look at, with its place in a file where it has one. */
export interface Finding {
  /** `error` for what made the command fail. */
  readonly kind: 'error' | 'warning';
  /** What it is, in a few words. */
  readonly title: string;
  readonly message: string;
  /** Path of the file; absolute. */
  readonly file?: string | undefined;
  /** Number of its line, from 1. */
  readonly line?: number | undefined;
  /** How many things it stands for. @default 1 */
  readonly count?: number;
}
