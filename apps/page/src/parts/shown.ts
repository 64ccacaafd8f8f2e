// How values are shown to people.

const COUNT = new Intl.NumberFormat('en');

/** A whole number with commas; a dash where it is not known. */
export function countText(count: number | null | undefined): string {
  return count === null || count === undefined ? '–' : COUNT.format(count);
}

/** Such as `1 chunk` and `2,000 chunks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${COUNT.format(count)} ${count === 1 ? one : many}`;
}

/** A time, UTC: `2026-12-01 02:40Z`. */
export function timeText(iso: string | null | undefined): string {
  return iso === null || iso === undefined ? '–' : `${iso.slice(0, 16).replace('T', ' ')}Z`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A length of time: `0.4 s`, `2 min 5 s`, `1 h 2 min`. */
export function durationText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms < MINUTE_MS) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ${Math.floor((ms % MINUTE_MS) / 1000)} s`;
  return `${Math.floor(ms / HOUR_MS)} h ${Math.floor((ms % HOUR_MS) / MINUTE_MS)} min`;
}

/** US dollars: six decimals below a cent, since most runs cost less, else two. */
export function dollarsText(dollars: number | null | undefined): string {
  if (dollars === null || dollars === undefined) return 'not known';
  return `$${dollars.toFixed(dollars !== 0 && dollars < 0.01 ? 6 : 2)}`;
}
