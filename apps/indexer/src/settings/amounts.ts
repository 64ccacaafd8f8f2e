import * as v from 'valibot';

/** An amount of US dollars as it is typed: `0.25`. */
export const Dollars = v.pipe(
  v.string(),
  v.regex(/^(\d+(\.\d+)?|\.\d+)$/, 'expected an amount of US dollars, such as 0.25'),
  v.transform(Number),
);

/** A limit a minute as it is typed: `1000000`. */
export const PerMinute = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,14}$/, 'expected a whole number of 1 or more'),
  v.transform(Number),
);

/** A share as it is typed: `12.5`. */
export const Percent = v.pipe(
  v.string(),
  v.regex(/^\d+(\.\d+)?$/, 'expected a number from 0 to 100'),
  v.transform(Number),
  v.maxValue(100, 'expected a number from 0 to 100'),
);
