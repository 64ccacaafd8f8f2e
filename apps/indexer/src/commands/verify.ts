import { join } from 'node:path';
import { EXIT } from '@lockstep/model';
import { FILES, type ValidateReceipt } from '@lockstep/pipeline';
import { verifyFindings, warningFindings } from '../formats/verify-findings.ts';
import { readJson } from '../settings/workspace-corpora.ts';
import { leftOutOf, leftOutText } from '../text/left-out-text.ts';
import { verdictText, verifyText } from '../text/verify-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { verify as verifyIndex } from '../wiring/corpus-operations.ts';
import { MODEL_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const verify = corpusCommand({
  name: 'verify',
  flags: [
    'all',
    'corpus',
    'only',
    'level',
    'vectors-every',
    'collection',
    'table',
    'payload',
    'deletes',
    ...MODEL_FLAGS,
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer verify my-docs', 'Compares every field of all chunks'],
    ['indexer verify --all --level vectors', 'Compares the vectors of every corpus too'],
  ],
  formats: ['markdown', 'github', 'junit'],
  async run(context) {
    const { session, source } = context;
    const { folder } = session;
    const receipt = await verifyIndex(context);
    // The last stage that Nx shows, and never replayed: a reader of its last lines learns here what is not in the stores.
    const validated = readJson<ValidateReceipt>(join(folder, FILES.validateReceipt));
    const leftOut = leftOutText(validated, folder);
    const shown = verifyText(receipt, { folder, typed: source.typed, input: source.input.shown });
    const text = [shown, ...(leftOut === undefined ? [] : [leftOut])].join('\n');
    return {
      text,
      json: { ...receipt, leftOut: leftOutOf(validated, folder) },
      exit: receipt.ok ? EXIT.done : EXIT.differ,
      says: verdictText(receipt),
      findings: [
        ...verifyFindings(receipt),
        ...warningFindings(`verify ${receipt.corpus}`, leftOut === undefined ? [] : [leftOut]),
      ],
      verified: receipt,
    };
  },
});
