/** A call of a port that is about to be sent. */
export interface PortCall {
  readonly port: PortName;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type PortName = 'qdrant' | 'neon' | 'ledger' | 'embedder' | 'cache';

/** Is called in place of each call of a port: it may send the call, and returns an answer or throws. */
export type AroundCall = <Answer>(call: PortCall, send: () => Promise<Answer>) => Promise<Answer>;

/** Methods that answer at once, without a request: they are not watched. */
const LOCAL = new Set(['has', 'pack', 'fit', 'countTokens', 'tokensOver', 'peek', 'possiblyPaid', 'close']);

/** A port that makes its calls through `around`; a scan is one call for each page. */
export function watchCalls<Port extends object>(port: Port, name: PortName, around: AroundCall): Port {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== 'function' || typeof key !== 'string' || LOCAL.has(key)) return member;
      const answer = (args: readonly unknown[]): unknown => Reflect.apply(member, target, args);
      if (key !== 'scan' && key !== 'scanRows') {
        return (...args: unknown[]) => around({ port: name, method: key, args }, async () => answer(args));
      }
      return async function* (...args: unknown[]): AsyncGenerator<unknown> {
        const pages = (answer(args) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
        for (;;) {
          const page = await around({ port: name, method: key, args }, () => pages.next());
          if (page.done === true) return;
          yield page.value;
        }
      };
    },
  });
}

/** Points, payloads, rows or texts that a call concerns. */
export function itemsOf({ args: [first] }: PortCall): readonly unknown[] {
  if (Array.isArray(first)) return first;
  return (first as { readonly items?: readonly unknown[] } | undefined)?.items ?? [];
}
