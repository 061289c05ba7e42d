export type { LlmErrorClass } from './error-class.ts';
export { ErrorGrouper, type IdentifiedError } from './error-grouper.ts';
export {
  type ErrorClass,
  type ErrorGroup,
  groupError,
  groupingVersion,
  type ReportedError,
} from './group-error.ts';
export { fileModule } from './frame-names.ts';
export { isInApp } from './in-app.ts';
export { parameteriseMessage } from './parameterise.ts';
export { parseStack } from './parse-stack.ts';
export type { ParsedStack, StackedException, StackFrame, StackLanguage } from './stack-frame.ts';
