/** Which attribute values are texts (text-attributes.ts), said a second time, in SQL. */
const textBytesMin = 128;

/** Prompts, answers, arguments and results by the keys of the common dialects, however short they are. */
const textKeys = [
  'gen_ai\\\\.(input|output)\\\\.messages',
  'gen_ai\\\\.(system_instructions|prompt|completion)(\\\\..*content)?',
  'gen_ai\\\\.tool\\\\.call\\\\.(arguments|result)',
  'gen_ai\\\\.retrieval\\\\.(query\\\\.text|documents)',
  'llm\\\\.(input|output)_messages\\\\..*content',
  '(input|output|tool|embedding)\\\\.(value|text|parameters)',
  'retrieval\\\\.documents\\\\..*content',
  'ai\\\\.(prompt|response)\\\\.?(messages|text|object)?',
  'ai\\\\.toolCall\\\\.(args|result)',
  'traceloop\\\\.entity\\\\.(input|output)',
  'langfuse\\\\.(observation|trace)\\\\.(input|output)',
  'exception\\\\.(message|stacktrace)',
].join('|');

/** For a Map from key to text: an array of flags, true for texts. */
export const textFlags = (map: string): string =>
  `arrayMap((k, v) -> v != '' AND (length(v) > ${textBytesMin} OR match(k, '^(${textKeys})$')), mapKeys(${map}), mapValues(${map}))`;

export const shortAttributes = (map: string, flags: string): string =>
  `mapFromArrays(mapKeys(${map}), arrayMap((v, f) -> if(f, '', v), mapValues(${map}), ${flags}))`;

export const longAttributes = (map: string, flags: string): string =>
  `mapFromArrays(arrayFilter((k, f) -> f, mapKeys(${map}), ${flags}), arrayFilter((v, f) -> f, mapValues(${map}), ${flags}))`;
