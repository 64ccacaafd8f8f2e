/**
 * Prints the prompt that a model would get: `node langchain-chain.ts "a question" [corpus]`. Put a chat model of LangChain
 * after `prompt`, and the chain answers the question.
 */
import type { Document } from '@langchain/core/documents';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { connectFromEnvironment } from './connect-from-environment.ts';
import { LockstepRetriever } from './langchain-retriever.ts';

const [question = '', corpus] = process.argv.slice(2);

const retriever = new LockstepRetriever({
  reader: connectFromEnvironment(corpus),
  limit: 3,
  onDropped: (count) => console.error(`${count} of 3 hits left out: rows and points differ.`),
});

const prompt = ChatPromptTemplate.fromMessages([
  ['system', 'Answer from these passages, and name the ids of those that you use.\n\n{passages}'],
  ['human', '{question}'],
]);

const passagesOf = (documents: Document[]): string =>
  documents.map(({ pageContent, metadata }) => `[${metadata['chunk_id']}] ${pageContent}`).join('\n\n');

const chain = RunnableSequence.from([
  { passages: retriever.pipe(passagesOf), question: new RunnablePassthrough<string>() },
  prompt,
]);

for (const { type, text } of (await chain.invoke(question)).toChatMessages()) console.log(`${type}: ${text}`);
