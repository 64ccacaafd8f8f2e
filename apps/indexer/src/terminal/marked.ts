import { isUtf8 } from './is-utf8.ts';
import { styled, wantsColour, type ColourChoice } from './wants-colour.ts';

const KINDS = {
  good: { style: 'green', mark: '✔', ascii: '+' },
  warning: { style: 'yellow', mark: '▲', ascii: '!' },
  bad: { style: 'red', mark: '✖', ascii: 'x' },
} as const;

/** How something ended. */
export type Outcome = keyof typeof KINDS;

/** A text with a mark before it, in the colour of how it ended; as it is where the stream gets no colour. */
export function marked(outcome: Outcome, text: string, stream: ColourChoice = process.stdout): string {
  const { style, mark, ascii } = KINDS[outcome];
  return wantsColour(stream) ? styled(style, `${isUtf8() ? mark : ascii} ${text}`, stream) : text;
}
