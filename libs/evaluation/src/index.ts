export { checkAnswers, type CheckedQuestions } from './questions/check-answers.ts';
export {
  compareScores,
  SIGNIFICANCE,
  type CompareOptions,
  type Comparison,
  type MeasureChange,
} from './compare-scores.ts';
export { detectableLoss } from './detectable-loss.ts';
export { evaluateSearch, type EvaluateOptions, type Evaluation, type EvaluatedSearch } from './evaluate-search.ts';
export { makeQuestions, type MakeQuestionsOptions, type QuestionSource } from './questions/make-questions.ts';
export { measureQuestion } from './measure-question.ts';
export { parseBeir } from './questions/parse-beir.ts';
export { parseQuestions } from './questions/parse-questions.ts';
export { questionsDigest, type Question } from './questions/question.ts';
