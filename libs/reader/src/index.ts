export { connectReader, type ReaderAddresses } from './connect-reader.ts';
export {
  connectServices,
  type ConnectedServices,
  type EmbedderAddress,
  type RowsAddress,
  type ServiceAddresses,
  type VectorsAddress,
} from './connect-services.ts';
export {
  createReader,
  HITS_DEFAULT,
  HITS_MAX,
  matchPoints,
  type DropReason,
  type Hit,
  type Match,
  type Matches,
  type Reader,
  type ReaderPorts,
  type SearchOptions,
  type SearchResult,
} from './create-reader.ts';
