export {
  connectReader,
  type EmbedderAddress,
  type ReaderAddresses,
  type RowsAddress,
  type VectorsAddress,
} from './connect-reader.ts';
export {
  createReader,
  HITS_DEFAULT,
  HITS_MAX,
  type Hit,
  type Reader,
  type ReaderPorts,
  type SearchOptions,
  type SearchResult,
} from './create-reader.ts';
