export {
  attributeText,
  derive,
  deriveField,
  type DerivedFields,
  type DeriveInput,
  type Item,
  itemOf,
} from './derive.ts';
export {
  attributeChanged,
  eventPlace,
  nameChanged,
  namePlace,
  noAttributes,
  placesMax,
  resourcePlace,
  type Shape,
  timesChanged,
} from './shape.ts';
export { providerOfHost } from './provider-names.ts';
export { firstTokenEvents } from './identity-table.ts';
export { attributesRead, namesRead, resourceAttributesRead } from './rules.ts';
export type { SpanTimes } from './first-token.ts';
export {
  attributesOf,
  type DerivedColumn,
  derivedColumns,
  type FieldName,
  fieldNames,
  fields,
  identityFields,
} from './fields.ts';
export type {
  Conversation,
  MediaPart,
  Message,
  MessageLog,
  MessagePart,
  MessageSource,
  RetrievedDocument,
  ToolUse,
} from './messages/message.ts';
export { readConversation } from './messages/read-conversation.ts';
export { readDocuments } from './messages/read-documents.ts';
export { readToolUse } from './messages/read-tool-use.ts';
export {
  createPriceBook,
  type Price,
  type PriceBook,
  type PriceEntry,
  type PriceOverride,
  type PriceRequest,
  type UnpricedReason,
} from './cost/price-book.ts';
export { type CatalogueModel, catalogueModels, catalogueVersion } from './cost/price-catalogue.ts';
export { type PriceRow } from './cost/price-row.ts';
export {
  type OwnedPrices,
  priceExpressions,
  pricesJson,
  priceSql,
  type PriceSqlColumns,
  pricesType,
} from './cost/price-sql.ts';
export { countedSpans, hasUsage, inferenceOperations, silentCalls } from './counted-spans.ts';
export type { CountableSpan } from './countable-span.ts';
export { isStepOperation, plainOperations } from './step-operations.ts';
export { compareKeys } from './retold-spans.ts';
export {
  prometheusLabelName,
  prometheusMetricName,
  type PrometheusNamed,
  prometheusUnit,
} from './prometheus-names.ts';
