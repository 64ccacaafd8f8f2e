export { isIndexingError, type ErrorCode, type IndexingError, type PayloadFilter } from '@lockstep/model';
export {
  connectReader,
  createReader,
  HITS_MAX,
  type EmbedderAddress,
  type Hit,
  type Reader,
  type ReaderAddresses,
  type ReaderPorts,
  type RowsAddress,
  type SearchOptions,
  type SearchResult,
  type VectorsAddress,
} from '@lockstep/reader';
