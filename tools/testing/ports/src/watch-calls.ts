/** A call of a port as it is about to be sent. */
export interface PortCall {
  readonly port: PortName;
  readonly word: string;
  readonly args: readonly unknown[];
}

export type PortName = 'qdrant' | 'neon' | 'ledger' | 'embedder' | 'cache';

/** Decides about a call: sends it, or does not, and gives its answer. */
export type AroundCall = <Answer>(call: PortCall, send: () => Promise<Answer>) => Promise<Answer>;

/** Methods that answer at once and reach nobody. */
const LOCAL = new Set(['has', 'pack', 'fit', 'countTokens', 'tokensOver', 'peek', 'possiblyPaid', 'close']);

/** A port whose calls go through `around`; a scan is one call for each page. */
export function watchCalls<Port extends object>(port: Port, name: PortName, around: AroundCall): Port {
  return new Proxy(port, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function' || typeof key !== 'string' || LOCAL.has(key)) return method;
      const answer = (args: readonly unknown[]): unknown => Reflect.apply(method, target, args);
      if (key !== 'scan' && key !== 'scanRows') {
        return (...args: unknown[]) => around({ port: name, word: key, args }, async () => answer(args));
      }
      return async function* (...args: unknown[]): AsyncGenerator<unknown> {
        const pages = (answer(args) as AsyncIterable<unknown>)[Symbol.asyncIterator]();
        for (;;) {
          const page = await around({ port: name, word: key, args }, () => pages.next());
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
