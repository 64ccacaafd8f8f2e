import { counted } from '@lockstep/model';
import { warningFindings } from '../formats/verify-findings.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { documentsText } from '../text/documents-text.ts';
import { leftOutLines } from '../text/left-out-text.ts';
import { validateText } from '../text/validate-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { ignoredText } from '../wiring/ignored-by-git.ts';
import { INPUT_FLAGS, MODEL_FLAGS } from '../settings/flags.ts';

export const validate = corpusCommand({
  name: 'validate',
  flags: [...INPUT_FLAGS, 'strict', 'deletes', ...MODEL_FLAGS, 'price', 'embedder', 'rows', 'state-dir'],
  examples: [
    ['indexer validate my-docs', 'Lists what is rejected, and why'],
    ['indexer validate my-docs --strict', 'Fails if a record is rejected'],
  ],
  formats: ['markdown', 'github'],
  readsInput: true,
  async run({ session, source, root, flags, embedder }) {
    const receipt = await session.validate({ strict: flags.strict });
    const { corpus, accepted, records } = receipt;
    const text = validateText(receipt, embeddingPrice(embedder, flags));
    const warnings = [...documentsText(receipt, session.settings.deletes), ...ignoredText(source, root)];
    const lines = [...leftOutLines(receipt, session.folder), ...warnings];
    const [head = ''] = text.split('\n');
    return {
      text: [text, ...lines].join('\n'),
      brief: [head, ...lines].join('\n'),
      json: receipt,
      says: `${accepted} of ${counted(records, 'record')} accepted`,
      findings: warningFindings(`validate ${corpus}`, warnings),
    };
  },
});
