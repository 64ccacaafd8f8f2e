/** One part of an input, with what messages, receipts and records of it call it: never a secret. */
export type InputPart =
  | { readonly kind: 'file'; readonly name: string; readonly path: string }
  | { readonly kind: 'address'; readonly name: string; readonly url: URL; readonly sha256?: string | undefined }
  | { readonly kind: 'stdin'; readonly name: string };

/** What a corpus is read from. */
export interface Input {
  /** In the order in which they are read. */
  readonly parts: readonly InputPart[];
  /** What was given: paths as they are from the workspace root, addresses without user and query. */
  readonly shown: string;
  /** The folder of which the parts are all files of chunks, as it is shown. @default they are not all of one folder */
  readonly folder?: string | undefined;
  /** Files of a folder that are no chunks by their names. */
  readonly leftOut: readonly string[];
  /** What a name of the corpus can be made of: that of the file or the folder. Undefined where there is none. */
  readonly label?: string | undefined;
}
