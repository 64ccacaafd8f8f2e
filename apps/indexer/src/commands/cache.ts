import { basename } from 'node:path';
import { defineCommand } from 'citty';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS } from '../settings/flags.ts';

const recover = corpusCommand({
  name: 'recover',
  description: 'Reads vectors that the corpus wants from its collection into the cache, so that nobody pays again',
  args: CORPUS_ARGS,
  temporary: () => true,
  async run({ session }) {
    await session.validate();
    const receipt = await session.recover();
    const { corpus, target, wanted, recovered, refused } = receipt;
    const parts = [`${wanted} texts were not in the cache`, `${recovered} recovered from ${target}`];
    if (refused > 0) parts.push(`${refused} of another model or unusable`);
    if (wanted > recovered) parts.push(`${wanted - recovered} still to be embedded`);
    return { text: `${corpus} cache recover: ${parts.join(', ')}`, json: receipt };
  },
});

const repair = corpusCommand({
  name: 'repair',
  description: 'Sets damaged lines of the cache of a corpus’s model aside, and keeps all others',
  args: CORPUS_ARGS,
  temporary: () => true,
  async run({ session }) {
    const { cache: name, sound, damaged, setAside } = await session.repairCache();
    const aside =
      setAside === null ? 'nothing is damaged' : `${damaged} damaged lines set aside in ${basename(setAside)}`;
    return {
      text: `${name}: ${sound} sound lines, ${aside}`,
      json: { ok: true, cache: name, sound, damaged, setAside: setAside === null ? null : basename(setAside) },
    };
  },
});

export const cache = defineCommand({
  meta: { name: 'cache', description: 'Looks after the embedding cache' },
  subCommands: { recover, repair },
});
