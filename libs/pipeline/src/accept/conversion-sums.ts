import type { Conversion, ConversionKind } from '@lockstep/model';
import type { LinePlace } from '../files/rejects-file.ts';
import type { ConversionSum } from '../receipts.ts';

/** Sums conversions by their kind, with the first of each as an example. */
export function createConversionSums() {
  const sums = new Map<ConversionKind, ConversionSum & { count: number }>();
  return {
    add({ file, index, line }: LinePlace, conversions: readonly Conversion[]): void {
      for (const { kind, field } of conversions) {
        const known = sums.get(kind);
        if (known !== undefined) known.count += 1;
        else sums.set(kind, { kind, count: 1, example: { file, index, line, field } });
      }
    },
    /** The most frequent first. */
    sums: (): readonly ConversionSum[] => [...sums.values()].toSorted((a, b) => b.count - a.count),
  };
}
