import type { ComponentChildren } from 'preact';
import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import { unpackTable, type CellValue, type Columns, type ListedTable } from '@lockstep/report';
import { LongText } from './long-text.tsx';
import { counted, countText } from './shown.ts';
import { Choice } from './choice.tsx';
import { ColumnHeads } from './column-heads.tsx';

/** Rows that are shown at once: more take long to lay out, and nobody reads them. */
const PAGE_ROWS = 50;

export interface PagedTableProps<Name extends string> {
  readonly caption: string;
  /** What a row is, in singular. */
  readonly item: string;
  readonly listed: ListedTable;
  /** Names of the columns of the table that are read. */
  readonly names: readonly Name[];
  /** Columns with few values, by which rows are chosen, with their labels. */
  readonly choices: readonly { readonly name: Name; readonly label: string }[];
  /** Columns that are shown, in this order. */
  readonly shown: readonly { readonly name: Name; readonly label: string; readonly isNumber?: boolean }[];
  /** Instead of the table where it has no row. */
  readonly empty: ComponentChildren;
}

/** A long list in pages, with filters. */
export function PagedTable<Name extends string>(props: PagedTableProps<Name>) {
  const { caption, item, listed, names, choices, shown, empty } = props;
  const [columns, setColumns] = useState<Columns<Name>>();
  const [problem, setProblem] = useState<string>();
  const [chosen, setChosen] = useState<Readonly<Record<string, string>>>({});
  const [text, setText] = useState('');
  const [page, setPage] = useState(0);
  const id = useId();

  useEffect(() => {
    let isCurrent = true;
    unpackTable(listed.table, names).then(
      (unpacked) => isCurrent && setColumns(unpacked),
      (error: unknown) => isCurrent && setProblem(String(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [listed]);

  const options = useMemo(() => new Map(choices.map(({ name }) => [name, valuesOf(columns?.[name] ?? [])])), [columns]);

  const rows = useMemo(() => {
    if (columns === undefined) return [];
    const wanted = Object.entries(chosen).filter(([, value]) => value !== '');
    const searched = text.trim().toLowerCase();
    const cells = Object.values<readonly CellValue[]>(columns);
    const all = Array.from({ length: listed.listed }, (_, row) => row);
    return all.filter(
      (row) =>
        wanted.every(([name, value]) => String(columns[name as Name][row]) === value) &&
        (searched === '' ||
          cells.some((values) =>
            String(values[row] ?? '')
              .toLowerCase()
              .includes(searched),
          )),
    );
  }, [columns, chosen, text]);

  if (listed.total === 0) return <p class="empty">{empty}</p>;
  if (problem !== undefined) return <p class="problem">The list cannot be read: {problem}</p>;
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const current = Math.min(page, pages - 1);
  const visible = rows.slice(current * PAGE_ROWS, (current + 1) * PAGE_ROWS);
  return (
    <>
      <div class="filters">
        {choices.map(({ name, label }) => (
          <Choice
            key={name}
            label={label}
            value={chosen[name] ?? ''}
            options={(options.get(name) ?? []).map(
              ([value, count]) => [value, `${value} (${countText(count)})`] as const,
            )}
            hasAll
            onChoose={(value) => {
              setChosen({ ...chosen, [name]: value });
              setPage(0);
            }}
          />
        ))}
        <label for={`${id}-text`}>
          Text
          <input
            id={`${id}-text`}
            type="search"
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setPage(0);
            }}
          />
        </label>
      </div>
      <p class="note" role="status">
        {columns === undefined
          ? 'Loading…'
          : rows.length === listed.listed
            ? counted(rows.length, item)
            : `${countText(rows.length)} of ${counted(listed.listed, item)}`}
        {listed.total > listed.listed && `; ${countText(listed.total - listed.listed)} more are not listed here`}
      </p>
      <div class="wide">
        <table class="cards">
          <caption>{caption}</caption>
          <ColumnHeads columns={shown.map(({ label, isNumber }) => (isNumber === true ? { number: label } : label))} />
          <tbody>
            {visible.map((row) => (
              <tr key={row}>
                {shown.map(({ name, label, isNumber }) => (
                  <td key={name} data-label={label} class={isNumber === true ? 'number' : undefined}>
                    <Cell value={columns?.[name][row] ?? null} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <nav class="pages" aria-label={`Pages of ${caption}`}>
          <button type="button" disabled={current === 0} onClick={() => setPage(current - 1)}>
            Previous
          </button>
          <span>
            Page {countText(current + 1)} of {countText(pages)}
          </span>
          <button type="button" disabled={current === pages - 1} onClick={() => setPage(current + 1)}>
            Next
          </button>
        </nav>
      )}
    </>
  );
}

function Cell({ value }: { readonly value: CellValue }) {
  if (value === null) return <>–</>;
  return typeof value === 'number' ? <>{countText(value)}</> : <LongText text={value} />;
}

/** The values of a column with how often each is there, in their order. */
function valuesOf(column: readonly CellValue[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const value of column) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
