/** The part of the parser that is used; the published types would bring those of Node with them. */
declare module 'papaparse' {
  interface Step {
    readonly data: string[];
    readonly errors: readonly { readonly code: string }[];
    readonly meta: {
      /** Characters of the input up to the end of this row. */
      readonly cursor: number;
    };
  }
  interface Options {
    readonly delimiter: string;
    readonly newline: '\n' | '\r';
    readonly quoteChar: string;
    readonly step: (row: Step) => void;
  }
  const Papa: { readonly parse: (text: string, options: Options) => unknown };
  export default Papa;
}
