import { defineCommand } from 'citty';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS } from '../settings/flags.ts';

const recover = corpusCommand({
  name: 'recover',
  description: 'Reads vectors that the corpus wants from its collection into the cache, so that nobody pays again',
  args: CORPUS_ARGS,
  temporary: () => true,
  async run({ session }) {
    await session.validate({ strict: false });
    const receipt = await session.recover();
    const { corpus, target, wanted, recovered, refused } = receipt;
    const parts = [`${wanted} texts were not in the cache`, `${recovered} recovered from ${target}`];
    if (refused > 0) parts.push(`${refused} of another model or unusable`);
    if (wanted > recovered) parts.push(`${wanted - recovered} still to be embedded`);
    return { text: `${corpus} cache recover: ${parts.join(', ')}`, json: receipt };
  },
});

export const cache = defineCommand({
  meta: { name: 'cache', description: 'Looks after the embedding cache' },
  subCommands: { recover },
});
