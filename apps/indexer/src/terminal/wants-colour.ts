import { styleText } from 'node:util';

/** What decides about colour, of a stream and of the variables of the process. */
export interface ColourChoice {
  readonly isTTY?: boolean | undefined;
}

/**
 * Whether text on a stream gets colour. `FORCE_COLOR` decides if it is set (0 and false: no), then `NO_COLOR`; else a terminal
 * gets it, unless `TERM` is `dumb`.
 *
 * *Source*: no-color.org and force-color.org, as Node reads them.
 */
export function wantsColour(
  { isTTY }: ColourChoice,
  { FORCE_COLOR, NO_COLOR = '', TERM }: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return NO_COLOR === '' && isTTY === true && TERM !== 'dumb';
}

/** A text in a style where the stream gets colour, else as it is. */
export function styled(style: Parameters<typeof styleText>[0], text: string, stream: ColourChoice): string {
  return wantsColour(stream) ? styleText(style, text, { validateStream: false }) : text;
}
