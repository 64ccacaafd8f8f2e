import { embeddingPrice } from '../settings/embedding-price.ts';
import { validateText } from '../text/validate-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const validate = corpusCommand({
  name: 'validate',
  description: 'Reads the input into chunks, and lists the records that it rejects',
  flags: ['strict', 'price'],
  async run({ session, flags, embedder }) {
    const receipt = await session.validate({ strict: flags.strict });
    return { text: validateText(receipt, session.folder, embeddingPrice(embedder, flags)), json: receipt };
  },
});
