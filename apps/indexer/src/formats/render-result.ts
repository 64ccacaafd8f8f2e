import type { DocumentFormat } from '../outcome/command-result.ts';
import type { ToldResult } from '../outcome/told-result.ts';
import { githubAnnotations } from './github-annotations.ts';
import { junitReport } from './junit-report.ts';
import { resultsComment } from './results-comment.ts';

/** What prints a result in each format. */
export const RENDERERS: Readonly<Record<DocumentFormat, (told: ToldResult) => string>> = {
  markdown: resultsComment,
  github: githubAnnotations,
  junit: junitReport,
};
