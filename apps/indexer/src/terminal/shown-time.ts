/** A time for people, UTC: `2026-12-01 02:40Z`. */
export function shownTime(iso: string | null | undefined): string {
  return iso === undefined || iso === null ? 'at an unknown time' : `${iso.slice(0, 16).replace('T', ' ')}Z`;
}
