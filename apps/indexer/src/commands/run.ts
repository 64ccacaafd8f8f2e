import { EXIT } from '@lockstep/model';
import { embedText } from './embed.ts';
import { provisionText } from './provision.ts';
import { validateText } from './validate.ts';
import { loadText } from '../load-text.ts';
import { corpusCommand, type CommandResult } from '../run-command.ts';
import { ALLOW_DELETES_ARG, CORPUS_ARGS, STRICT_ARG, VERIFY_ARGS } from '../settings/flags.ts';
import { allowsDeletes } from '../settings/stage-choices.ts';
import { verifyText } from '../verify-text.ts';

export const run = corpusCommand({
  name: 'run',
  description: 'Does everything for one corpus or one file: validate, embed, provision, both loads, verify',
  args: {
    ...CORPUS_ARGS,
    ...STRICT_ARG,
    ...ALLOW_DELETES_ARG,
    ...VERIFY_ARGS,
    only: {
      type: 'string',
      description: 'One part alone: embed no store, or load one',
      valueHint: 'embed|qdrant|neon',
    },
  },
  async run({ session, flags, environment }): Promise<CommandResult> {
    const { only } = flags;
    const validated = await session.validate({ strict: flags.strict });
    const embedded = await session.embed();
    const lines = [validateText(validated, session.folder), embedText(embedded)];
    if (only === 'embed') return { text: lines.join('\n'), json: { ok: true, validate: validated, embed: embedded } };

    const provisioned = await session.provision({ only, allowDeletes: allowsDeletes(flags, environment) });
    const [qdrant, neon] = await bothOrNeither(
      only === 'neon' ? undefined : session.loadQdrant(),
      only === 'qdrant' ? undefined : session.loadNeon(),
    );
    const verified = await session.verify({
      only,
      level: flags.level ?? 'content',
      vectorsEvery: flags['vectors-every'] ?? 1,
    });
    lines.push(provisionText(provisioned));
    for (const receipt of [qdrant, neon]) if (receipt !== undefined) lines.push(loadText(receipt));
    lines.push(verifyText(verified, session.folder));
    return {
      text: lines.join('\n'),
      json: {
        ok: verified.ok,
        validate: validated,
        embed: embedded,
        provision: provisioned,
        ...(qdrant === undefined ? {} : { 'load-qdrant': qdrant }),
        ...(neon === undefined ? {} : { 'load-neon': neon }),
        verify: verified,
      },
      exit: verified.ok ? EXIT.done : EXIT.differ,
    };
  },
});

/** Lets both loads end before either's failure is told, so that no service is closed under the other. */
async function bothOrNeither<A, B>(first: Promise<A> | undefined, second: Promise<B> | undefined) {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value] as const;
}
