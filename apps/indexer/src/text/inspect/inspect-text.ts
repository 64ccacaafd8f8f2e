import { counted, type CorpusConfig, type IndexingError } from '@lockstep/model';
import type { FieldName, Inspection, KeySummary } from '@lockstep/pipeline';
import type { ModelCost } from '../../settings/model-costs.ts';
import { printable, withoutControls } from '../../terminal/printable.ts';
import { rejectText } from '../left-out-text.ts';
import { shapeText } from '../shape-text.ts';
import { conversionText, pathsText } from '../validate-text.ts';
import { inputFormText } from './input-form-text.ts';
import { lengthsText } from './lengths-text.ts';
import { modelsText } from './models-text.ts';
import { bytesText, numberText } from './number-text.ts';

export interface InspectView {
  /** What was given. */
  readonly shown: string;
  readonly inspection: Inspection;
  readonly costs: readonly ModelCost[];
  readonly refusal: IndexingError | undefined;
  /** What `init` would write; null where there is a corpus.json already. */
  readonly config: CorpusConfig | null;
}

/** Keys that are listed; `--json` has all. */
const KEYS_SHOWN = 12;

/** What becomes of a text that is too long. */
const OVERLONG = {
  windows: 'embedded whole, in windows whose vectors are averaged',
  truncate: 'embedded by the beginning',
  reject: 'left out; "overlong": "windows" embeds it whole',
} as const;

/** Width of a line with an example. */
const EXAMPLE_WIDTH = 80;

/** What a file of chunks holds, for people. */
export function inspectText(view: InspectView): string {
  const { inspection, costs, refusal, config } = view;
  const sections = [
    overview(view),
    inspection.texts.count === 0 ? [] : texts(inspection, costs),
    sums('Left out', inspection.rejects.map(rejectText)),
    sums('Converted', inspection.converted.map(conversionText)),
    keys(inspection),
    advice(view),
    config === null || refusal !== undefined
      ? []
      : ['corpus.json, as `indexer init` writes it', ...JSON.stringify(config, null, 2).split('\n').map(indented)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function overview({ shown, inspection, refusal }: InspectView): string[] {
  const { records, accepted, rejected, duplicates, forms, files, shape, from, ids, vectorsLeftOut } = inspection;
  const parts = [`${numberText(accepted)} can be loaded`];
  if (duplicates > 0) parts.push(counted(duplicates, 'duplicate'));
  if (rejected > 0) parts.push(`${numberText(rejected)} left out`);
  const verdict = refusal === undefined ? '' : '; the whole is refused, see below';
  const [first, ...others] = forms;
  const more = others.length === 0 ? '' : `; others ${others.map(inputFormText).join('; ')}`;
  return [
    printable(shown),
    row('records', `${numberText(records)}; ${parts.join(', ')}${verdict}`),
    ...(files === null ? [] : [row('files', numberText(files.count))]),
    row('form', `${first === undefined ? 'not known' : inputFormText(first)}${more}`),
    row('shape', shapeText(shape)),
    ...Object.entries(from).map(([field, paths]) => row(field, fromText(field as FieldName, paths, records))),
    ...(ids.repeated === null ? [] : [row('', repeatedText(ids.repeated))]),
    ...(vectorsLeftOut === 0 ? [] : [row('vectors', `${numberText(vectorsLeftOut)} in the file, not used`)]),
  ];
}

function fromText(field: FieldName, paths: Inspection['from'][FieldName], records: number): string {
  const named = (paths ?? []).map(({ path, count }) => ({
    path: field === 'id' && path === 'derived' ? 'derived from document and text' : printable(path),
    count,
  }));
  return pathsText(named, records);
}

function repeatedText({ records, ids }: NonNullable<Inspection['ids']['repeated']>): string {
  return `${numberText(records)} repeat one of ${counted(ids, 'id')} and differ`;
}

function texts(
  { overlong, texts: { count, distinct, bytes, lengths } }: Inspection,
  costs: readonly ModelCost[],
): string[] {
  const different = distinct === count ? '' : `, ${numberText(distinct)} different`;
  const unit = `tokens of ${costs[0]?.model ?? 'the model'}`;
  const isExact = costs.every((cost) => cost.isExact);
  const over = costs[0]?.over.texts ?? 0;
  return [
    `Texts: ${numberText(count)}${different}, ${bytesText(bytes)}; by ${unit}`,
    ...lengthsText(lengths),
    '',
    ...modelsText(costs),
    `  * in use${isExact ? '' : '; ~ estimated from samples, as are lengths and windows'}`,
    ...(over === 0 ? [] : [`  too long: ${OVERLONG[overlong]}`]),
  ];
}

function sums(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map(indented)];
}

function keys({ keys: all }: Inspection): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, KEYS_SHOWN);
  const pathWidth = Math.min(30, Math.max(...shown.map(({ path }) => path.length)));
  const countWidth = Math.max(...shown.map(({ records }) => numberText(records).length));
  const line = ({ path, records, kinds, example }: KeySummary): string =>
    `  ${printable(path).padEnd(pathWidth)}  ${numberText(records).padStart(countWidth)}  ${kinds.join(' or ')}, such as ${printable(JSON.stringify(example))}`;
  const more = all.length - shown.length;
  return [
    'Keys that `payload` may name, to filter searches by',
    ...shown.map((key) => clipped(line(key))),
    ...(more > 0 ? [`  and ${numberText(more)} more`] : []),
  ];
}

/** Why `validate` would refuse the input, and what to do about it. */
function advice({ refusal, inspection }: InspectView): string[] {
  if (refusal === undefined) return [];
  const { uniqueId = null } = inspection.ids.repeated ?? {};
  const { textCandidate } = inspection;
  const hint =
    refusal.code === 'id-not-unique' && uniqueId !== null
      ? `Try --id ${uniqueId.join(',')}`
      : inspection.accepted === 0 && textCandidate !== null
        ? `Its longest texts are in ${printable(textCandidate)}. Try --text ${printable(textCandidate)}`
        : refusal.advice;
  return [`Refused (${refusal.code})`, `  ${withoutControls(refusal.message)}`, `  ${hint}`];
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(8)}  ${value}`;
}

function indented(line: string): string {
  return `  ${printable(line)}`;
}

function clipped(line: string): string {
  return line.length > EXAMPLE_WIDTH ? `${line.slice(0, EXAMPLE_WIDTH - 3).toWellFormed()}...` : line;
}
