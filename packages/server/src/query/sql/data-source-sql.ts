/** SQL over rows of `spans`: the index, collection or knowledge base that a retrieval asked; '' where the span names none. */
import { saidText } from '../../storage/mcp-attributes.ts';

export const dataSourceName = saidText([
  'gen_ai.data_source.id',
  'gen_ai.data_source.name',
  'db.collection.name',
  'db.vector.collection',
  'qdrant.search.collection_name',
  'qdrant.query.collection_name',
  'db.milvus.search.collection_name',
  'db.milvus.query.collection_name',
  'pinecone.index_name',
  'aws.bedrock.knowledge_base.id',
  'db.namespace',
  'sightline.retrieval.source',
]);
