/** An address without what may be a secret: its user, its query and its fragment. */
export function shownAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}
