import { useId } from 'preact/hooks';

export interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  /** Values, each with what is shown for it. @default the value itself */
  readonly options: readonly (string | readonly [value: string, shown: string])[];
  /** Offers the empty value as "all" too. @default false */
  readonly hasAll?: boolean;
  readonly onChoose: (value: string) => void;
}

/** One of several values, such as a corpus. */
export function Choice({ label, value, options, hasAll = false, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <label for={id}>
      {label}
      <select id={id} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {hasAll && <option value="">all</option>}
        {options.map((option) => {
          const [each, shown] = typeof option === 'string' ? [option, option] : option;
          return (
            <option key={each} value={each}>
              {shown}
            </option>
          );
        })}
      </select>
    </label>
  );
}
