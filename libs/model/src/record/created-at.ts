const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})0*)?)?(?: ?([Zz]|[+-]\d{2}(?::?\d{2})?))?)?$/;

/**
 * Parses an ISO 8601 / RFC 3339 date or date-time into its canonical form, UTC with six fractional digits. A time
 * without an offset is taken as UTC (Python's naive `isoformat()` is common in such files); a date alone is its
 * midnight.
 *
 * Returns undefined for anything else: a date that does not exist, more than microseconds (Postgres would round it), a
 * leap second, or a year outside 0001 to 9999.
 */
export function parseCreatedAt(text: string): string | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const offsetMinutes = parseOffset(zone);
  if (offsetMinutes === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (!isDate(Number(year), Number(month), Number(day))) return undefined;
  const fractionDigits = fraction.padEnd(6, '0');
  if (offsetMinutes === 0) {
    return year === '0000' ? undefined : `${year}-${month}-${day}T${hour}:${minute}:${second}.${fractionDigits}Z`;
  }
  const seconds = (Number(hour) * 60 + Number(minute) - offsetMinutes) * 60 + Number(second);
  const moment = new Date(Date.parse(`${year}-${month}-${day}T00:00:00Z`) + seconds * 1000);
  const utcYear = moment.getUTCFullYear();
  if (utcYear < 1 || utcYear > 9999) return undefined;
  return `${moment.toISOString().slice(0, 19)}.${fractionDigits}Z`;
}

/** Days of each month, from January, of a year that is no leap year. */
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a day exists in the calendar of ISO 8601, which has the same leap years before 1582 too. */
function isDate(year: number, month: number, day: number): boolean {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeapYear ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

function parseOffset(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (hours > 15 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
