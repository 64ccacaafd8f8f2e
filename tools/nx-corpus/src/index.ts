export { createNodesV2 } from './create-nodes.ts';
export { postTasksExecution } from './post-tasks-execution.ts';
export { preTasksExecution } from './pre-tasks-execution.ts';
