export type { SendTelemetry, Sent } from './exporters.ts';
export { runDemo, type DemoOptions, type DemoProgress } from './run-demo.ts';
