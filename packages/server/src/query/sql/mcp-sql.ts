/** What a span says of the MCP server or the source of documents it asked; '' where it says nothing. Over rows of `spans`. */

const whereSaid = (keys: readonly string[]): string =>
  keys.map((key) => `attributes['${key}'] != '', attributes['${key}']`).join(', ');
const firstOf = (keys: readonly string[]): string => `multiIf(${whereSaid(keys)}, '')`;

const address = `if(attributes['server.address'] = '', '', concat(attributes['server.address'], if(attributes['server.port'] = '', '', concat(':', attributes['server.port']))))`;

/** A span of kind server is the server itself. */
export const mcpServerName = `multiIf(
  ${whereSaid(['mcp.server.name', 'mcp.server_name', 'mcp.server', 'server.name', 'mcp_server_name', 'mcp_server.name'])},
  kind = 2, toString(service), ${address})`;

export const dataSourceName = firstOf([
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
