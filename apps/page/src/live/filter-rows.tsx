import type { PayloadFilter } from '@lockstep/model';

/** One condition as it is typed. */
export interface FilterRow {
  readonly field: string;
  readonly is: 'equal' | 'any' | 'from' | 'to';
  readonly value: string;
}

export const NO_FILTER: FilterRow = { field: '', is: 'equal', value: '' };

const MEANINGS: Readonly<Record<FilterRow['is'], string>> = {
  equal: 'is',
  any: 'is one of (a, b)',
  from: 'is at least',
  to: 'is at most',
};

/**
 * The filter of what was typed; rows without a field say nothing. `5` is a number and `true` a truth value; between quotation
 * marks they are texts. Fails where a bound is no number.
 */
export function filterOf(rows: readonly FilterRow[]): PayloadFilter | undefined {
  const filter: Record<string, unknown> = {};
  for (const { field, is, value } of rows) {
    const name = field.trim();
    if (name === '') continue;
    if (is === 'equal') filter[name] = valueOf(value);
    else if (is === 'any') filter[name] = value.split(',').map((each) => valueOf(each));
    else {
      const bound = Number(value);
      if (value.trim() === '' || !Number.isFinite(bound)) {
        throw new Error(`The filter on ${name}: expected a number, found ${JSON.stringify(value)}.`);
      }
      filter[name] = { ...(filter[name] as object | undefined), [is === 'from' ? 'gte' : 'lte']: bound };
    }
  }
  return Object.keys(filter).length === 0 ? undefined : (filter as PayloadFilter);
}

function valueOf(typed: string): string | number | boolean {
  const text = typed.trim();
  const quoted = /^"(.*)"$/s.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Where conditions on fields of points are typed. */
export function FilterRows({
  rows,
  onChange,
}: {
  readonly rows: readonly FilterRow[];
  readonly onChange: (rows: readonly FilterRow[]) => void;
}) {
  const change = (at: number, part: Partial<FilterRow>): void =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...part } : row)));
  return (
    <fieldset>
      <legend>Filters on fields that points carry</legend>
      {rows.map((row, at) => (
        // Rows have no identity but their place.
        <div class="filters" key={at}>
          <label>
            Field
            <input
              value={row.field}
              placeholder="page_number"
              onInput={({ currentTarget }) => change(at, { field: currentTarget.value })}
            />
          </label>
          <label>
            Condition
            <select
              value={row.is}
              onChange={({ currentTarget }) => change(at, { is: currentTarget.value as FilterRow['is'] })}
            >
              {Object.entries(MEANINGS).map(([is, meaning]) => (
                <option key={is} value={is}>
                  {meaning}
                </option>
              ))}
            </select>
          </label>
          <label>
            Value
            <input value={row.value} onInput={({ currentTarget }) => change(at, { value: currentTarget.value })} />
          </label>
          <button type="button" class="small" onClick={() => onChange(rows.filter((_row, index) => index !== at))}>
            Remove
          </button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => onChange([...rows, NO_FILTER])}>
        Add a filter
      </button>
    </fieldset>
  );
}
