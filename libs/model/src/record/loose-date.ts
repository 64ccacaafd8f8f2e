import { isJsonObject, type JsonValue } from '../json.ts';

/** Digits of a Unix time in seconds, milliseconds, microseconds and nanoseconds, from 2001 to 2286. */
const EPOCH_DIGITS: Readonly<Record<number, number>> = { 10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000 };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `D:20220303124523+01'00'`, ISO 32000-1, 7.9.4. */
const PDF = /^D:(\d{4})(\d{2})(\d{2})(\d{2})?(\d{2})?(\d{2})?(?:([+-])(\d{2})'?(\d{2})?'?|Z.*)?$/;

/** `Sat, 04 May 2024 10:11:12 GMT`, RFC 1123 and RFC 5322. */
const RFC1123 =
  /^(?:[A-Za-z]{3}, *)?(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})(?: (\d{2}):(\d{2})(?::(\d{2}))?)? *(GMT|UTC|Z|[+-]\d{4})?$/;

/** `May 4, 2024`. */
const AMERICAN = /^([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})$/;

/** More than microseconds, which no column keeps. */
const NANOSECONDS = /^(.*[.,]\d{6})\d+(.*)$/;

/**
 * Reads dates in the other forms that files have, as ISO 8601: Unix times, PDF dates, RFC 1123, a month by its name,
 * nanoseconds (cut to microseconds), MongoDB's `{"$date": ...}`. Undefined for anything else, also for `04/05/2024`, which
 * two continents read as two days.
 */
export function parseLooseDate(value: JsonValue): string | undefined {
  if (isJsonObject(value) && Object.hasOwn(value, '$date')) {
    const inner = value['$date'] as JsonValue;
    return typeof inner === 'string' ? inner : parseLooseDate(inner);
  }
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{10}(\.\d+)?$|^\d{13}$|^\d{16}$|^\d{19}$/.test(text)) return fromEpoch(Number(text), text);
  const pdf = PDF.exec(text);
  if (pdf !== null) {
    const [, year, month, day, hour = '00', minute = '00', second = '00', sign, offset = '00', minutes = '00'] = pdf;
    return `${year}-${month}-${day}T${hour}:${minute}:${second}${sign === undefined ? 'Z' : `${sign}${offset}:${minutes}`}`;
  }
  const rfc = RFC1123.exec(text);
  if (rfc !== null) {
    const [, day, month, year, hour = '00', minute = '00', second = '00', zone = 'Z'] = rfc;
    return isoOf(year, month, day, `T${hour}:${minute}:${second}${/^[+-]/.test(zone) ? zone : 'Z'}`);
  }
  const american = AMERICAN.exec(text);
  if (american !== null) return isoOf(american[3], american[1], american[2], '');
  const nanoseconds = NANOSECONDS.exec(text);
  return nanoseconds === null ? undefined : `${nanoseconds[1]}${nanoseconds[2]}`;
}

function isoOf(year = '', month = '', day = '', time: string): string | undefined {
  const number = MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1;
  return number === 0 ? undefined : `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}${time}`;
}

function fromEpoch(value: number, text = String(Math.trunc(value))): string | undefined {
  const perSecond = EPOCH_DIGITS[(text.split('.')[0] as string).length];
  if (perSecond === undefined) return undefined;
  const date = new Date((value / perSecond) * 1_000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
