import { isIndexingError, type IndexingError, type MeasuredModel } from '@lockstep/model';
import { DEFAULT_REJECT_LIMIT, inspectInput, type Inspection } from '@lockstep/pipeline';
import { OPENAI_LIMITS } from '@lockstep/embed-openai/models';
import { EMBEDDED_INPUT_TOKENS_MAX } from '@lockstep/embedded/model';
import { openInput } from '../input/open-input.ts';
import { withInputFiles } from '../runtime/input-file.ts';
import { openSystemTemporaries } from '../runtime/system-temporaries.ts';
import type { Source } from '../settings/corpus-file.ts';
import { resolveCorpusSettings, resolveModel } from '../settings/corpus-settings.ts';
import { embedderFacts } from '../settings/embedder-facts.ts';
import { KNOWN_MODELS } from '../settings/known-models.ts';
import { countCl100kTokens } from './count-tokens.ts';
import { loadEmbedded } from './load-embedded.ts';
import type { CommandContext } from './workspace-command.ts';

/** What a source holds, and with which error `validate` would end. */
export interface InspectedSource {
  readonly inspection: Inspection;
  readonly refusal: IndexingError | undefined;
  /** The model in use; the first of `inspection.models` is its tally. */
  readonly inUse: MeasuredModel['identity'];
  /** Whether the tokens of the embedded model were counted; its package may be missing. */
  readonly hasEmbedded: boolean;
}

/** Inspects a source as `validate` would read it as a new corpus. Asks no service, opens no state directory. */
export async function inspectSource(context: CommandContext, source: Source): Promise<InspectedSource> {
  const { flags, profile, environment, signal, reporter } = context;
  const settings = resolveCorpusSettings(source, flags);
  const { identity, inputTokensMax } = embedderFacts(resolveModel(source.config, flags, profile), profile, environment);
  const isEmbedded = profile.embedder === 'embedded';
  const embedded = await embeddedModel().catch((error: unknown) => {
    if (isEmbedded || !isIndexingError(error)) throw error;
  });
  const cloud: MeasuredModel = isEmbedded
    ? {
        identity: { model: KNOWN_MODELS.cloudDefault, host: null, dimensions: 0 },
        inputTokensMax: OPENAI_LIMITS.inputTokensMax,
        countTokens: countCl100kTokens,
      }
    : { identity, inputTokensMax, countTokens: countCl100kTokens };
  const { logger, onProgress, end } = reporter.step(settings.corpus, 'inspect');
  const temporaries = openSystemTemporaries();
  const input = openInput(settings.input, { temporaries, signal, logger, telemetry: context.telemetry });
  let ok = false;
  try {
    const { inspection, refusal } = await withInputFiles(await input.files(), signal, (files) =>
      inspectInput(
        { corpus: settings.corpus, artifacts: temporaries.artifacts, logger, signal, onProgress },
        {
          input: files,
          strict: flags.strict,
          fields: settings.fields,
          rejectLimit:
            settings.maxRejectedPercent === undefined
              ? DEFAULT_REJECT_LIMIT
              : { percent: settings.maxRejectedPercent, count: 0 },
          mode: settings.overlong ?? 'windows',
          models: isEmbedded && embedded ? [embedded, cloud] : embedded ? [cloud, embedded] : [cloud],
        },
      ),
    );
    ok = true;
    return { inspection, refusal, inUse: identity, hasEmbedded: embedded !== undefined };
  } catch (error) {
    if (isIndexingError(error)) error.endStage('inspect');
    throw error;
  } finally {
    end?.(ok);
    input.close();
    temporaries.close();
  }
}

async function embeddedModel(): Promise<MeasuredModel> {
  const { countEmbeddedTokens } = await loadEmbedded(() => import('@lockstep/embedded/tokens'));
  const { model, dimensions } = KNOWN_MODELS.embedded;
  return {
    identity: { model, host: null, dimensions },
    inputTokensMax: EMBEDDED_INPUT_TOKENS_MAX,
    countTokens: countEmbeddedTokens,
  };
}
