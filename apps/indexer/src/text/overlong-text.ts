import { counted } from '@lockstep/model';
import type { OverlongTexts } from '@lockstep/pipeline';
import { dollarsText } from './cost-text.ts';

/** Why texts that are too long are rejected, where nobody asked for it. */
const REASONS = {
  loaded: ', since this corpus was loaded so',
  unknown: ', since without Postgres nothing tells whether this corpus was loaded so',
};

/** What becomes of texts that are too long for the model, and what they take in windows, in one sentence. */
export function overlongText(overlong: OverlongTexts, price: number | undefined): string {
  const { mode, because, inputTokensMax, records, windows, tokens } = overlong;
  const texts = records === 1 ? '1 text has' : `${records} texts have`;
  const long = `${texts} more than ${inputTokensMax} tokens, and ${records === 1 ? 'is' : 'are'}`;
  const whole = `${counted(windows, 'window')}, ${counted(tokens, 'token')}, ${dollarsText(tokens, price)}`;
  if (mode === 'windows') return `${long} embedded whole: ${whole}, those in the cache included`;
  const done = mode === 'truncate' ? 'embedded by the beginning' : 'rejected';
  const reason = mode === 'reject' && (because === 'loaded' || because === 'unknown') ? REASONS[because] : '';
  return `${long} ${done}${reason}; set "overlong": "windows" in corpus.json to embed them whole: ${whole}`;
}
