export { unpackers } from './unpackers.ts';
