import { embeddingPrice } from '../settings/embedding-price.ts';
import { documentsText } from '../text/documents-text.ts';
import { validateText } from '../text/validate-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { ignoredText } from '../wiring/ignored-by-git.ts';

export const validate = corpusCommand({
  name: 'validate',
  description: 'Reads the input into chunks, and lists the records that it rejects',
  flags: ['strict', 'price'],
  async run({ session, source, root, flags, embedder }) {
    const receipt = await session.validate({ strict: flags.strict });
    const text = validateText(receipt, session.folder, embeddingPrice(embedder, flags));
    return {
      text: [text, ...documentsText(receipt, session.settings.deletes), ...ignoredText(source, root)].join('\n'),
      json: receipt,
    };
  },
});
