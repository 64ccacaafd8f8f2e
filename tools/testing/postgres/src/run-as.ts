/** User id and group id of a program. @default those of this process */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}
