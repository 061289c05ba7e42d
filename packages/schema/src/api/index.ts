export * from './common.ts';
export * from './traces.ts';
export * from './logs.ts';
export * from './metrics.ts';
export * from './explore.ts';
export * from './system.ts';
export * from './settings.ts';
