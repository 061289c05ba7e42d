import { sqlArray } from './compile-sql-source.ts';
import { plainOperations } from './operation-table.ts';

/** `operation` where no step of an AI system was recognised: by the other conventions' telling attributes. */
export function operationFallbackSql(operation: string, attributes: string): string {
  const names = plainOperations.map((plain) => plain.name);
  const ranks = plainOperations.map((_, index) => index + 1);
  const operations = plainOperations.map((plain) => plain.operation);
  // An empty array has the minimum 0, which is no rank, so such spans are `other` too.
  const rank = `arrayMin(arrayMap(key_ -> transform(key_, ${sqlArray(names)}, [${ranks.join(', ')}], 255), mapKeys(${attributes})))`;
  return `if(${operation} != '', ${operation}, transform(${rank}, [${ranks.join(', ')}], ${sqlArray(operations)}, 'other'))`;
}
