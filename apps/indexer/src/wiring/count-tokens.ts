// A file of its own, since `imports` in package.json must name one that the package has when it is built.
export { countCl100kTokens } from '@lockstep/embed-openai/count-tokens';
