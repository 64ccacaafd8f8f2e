import { useState } from 'preact/hooks';
import { shortened } from '@lockstep/report';
import { counted } from './shown.ts';

/** What is shown of a text at first, in UTF-16 units: more than a screen takes long to lay out. */
const SHOWN_UNITS = 1_000;

/**
 * A text of others, shown as it is: its direction does not change what stands around it, and of a long one the beginning is shown
 * until the rest is asked for.
 */
export function LongText({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? text : shortened(text, SHOWN_UNITS);
  return (
    <>
      <bdi class="text">{shown}</bdi>
      {shown !== text && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {counted(text.length, 'letter')}
        </button>
      )}
    </>
  );
}
