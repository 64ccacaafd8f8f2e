const SIGNS = { good: '✓', warning: '!', bad: '✗' } as const;

/** A state, told by a sign and words and not by colour alone. */
export function Mark({ mark, says }: { readonly mark: keyof typeof SIGNS; readonly says: string }) {
  return (
    <span class={`mark ${mark}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[mark]}
      </span>{' '}
      <bdi>{says}</bdi>
    </span>
  );
}
