import type { FieldName, FilesReport, ShapeReport } from '../../receipts.ts';

/** Keys, and paths of one field, that a merged report lists. */
const KEYS_MAX = 300;
const PATHS_MAX = 5;

/** What was found in one file. */
interface FileFound {
  readonly file: string | undefined;
  readonly records: number;
  readonly report: ShapeReport;
}

/** Sums up the shapes of the files of one input. A file without records says nothing about shapes. */
export function mergeShapeReports() {
  let only: ShapeReport | undefined;
  let count = 0;
  let empty = 0;
  let vectorsLeftOut = 0;
  const shapes = new Map<string, FilesReport['shapes'][number]>();
  const from = new Map<FieldName, Map<string, number>>();
  let missing: ShapeReport['missingPaths'] | undefined;
  const keysFound = new Set<string>();
  let likely: ShapeReport['likely'];

  return {
    add({ file, records, report }: FileFound): void {
      count += 1;
      only = count === 1 ? report : undefined;
      if (records === 0) {
        empty += 1;
        return;
      }
      const { shape } = report;
      const known = shapes.get(shape) ?? { shape, files: 0, records: 0, example: file ?? '' };
      shapes.set(shape, { ...known, files: known.files + 1, records: known.records + records });
      for (const [field, paths] of Object.entries(report.from) as [FieldName, { path: string; count: number }[]][]) {
        const sums = from.get(field) ?? new Map<string, number>();
        for (const { path, count: more } of paths) sums.set(path, (sums.get(path) ?? 0) + more);
        from.set(field, sums);
      }
      vectorsLeftOut += report.vectorsLeftOut;
      likely ??= report.likely;
      // A path is missing where no file has it.
      const lacks = (path: string): boolean => report.missingPaths.some((other) => other.path === path);
      missing = (missing ?? report.missingPaths).filter(({ path }) => lacks(path));
      for (const key of report.keysFound) if (keysFound.size < KEYS_MAX) keysFound.add(key);
    },
    report: (): ShapeReport =>
      only ?? {
        shape: byFiles(shapes)
          .map(({ shape }) => shape)
          .join(', '),
        from: Object.fromEntries(
          [...from].map(([field, sums]) => [
            field,
            [...sums]
              .map(([path, sum]) => ({ path, count: sum }))
              .toSorted((a, b) => b.count - a.count)
              .slice(0, PATHS_MAX),
          ]),
        ),
        vectorsLeftOut,
        missingPaths: missing ?? [],
        keysFound: [...keysFound],
        ...(likely === undefined ? {} : { likely }),
      },
    files: (): FilesReport => ({ count, empty, shapes: byFiles(shapes) }),
  };
}

/** The shape of most files first. */
function byFiles(shapes: ReadonlyMap<string, FilesReport['shapes'][number]>): FilesReport['shapes'] {
  return [...shapes.values()].toSorted((a, b) => b.files - a.files);
}
