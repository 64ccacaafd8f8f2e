/** The user id and group id that a program runs as; empty for the own ones. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}
