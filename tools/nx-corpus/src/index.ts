export { createNodesV2 } from './create-nodes.ts';
