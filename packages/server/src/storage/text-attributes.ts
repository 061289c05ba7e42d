/**
 * Which attribute values are texts. They live in `long_attributes`, so that lists and filters on attributes do not read
 * them and so that words are indexed where people write and not in every id.
 */
export const textBytesMin = 128;

/** Prompts, answers, arguments and results by the keys of the common dialects, however short they are. */
const textKeys = [
  'gen_ai\\.(input|output)\\.messages',
  'gen_ai\\.(system_instructions|prompt|completion)(\\..*content)?',
  'gen_ai\\.tool\\.call\\.(arguments|result)',
  'gen_ai\\.retrieval\\.(query\\.text|documents)',
  'llm\\.(input|output)_messages\\..*content',
  '(input|output|tool|embedding)\\.(value|text|parameters)',
  'retrieval\\.documents\\..*content',
  'ai\\.(prompt|response)\\.?(messages|text|object)?',
  'ai\\.toolCall\\.(args|result)',
  'traceloop\\.entity\\.(input|output)',
  'langfuse\\.(observation|trace)\\.(input|output)',
  'exception\\.(message|stacktrace)',
].join('|');

const textKey = new RegExp(`^(${textKeys})$`, 'su');

export const isTextKey = (key: string): boolean => textKey.test(key);
