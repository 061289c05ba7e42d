export { logLinesRequest, type LogLinesContext } from './log-lines-request.ts';
export { type LogLine, readLogLine } from './read-log-line.ts';
export { eachLogLine, splitLogLines, type UnreadableLine } from './split-log-lines.ts';
