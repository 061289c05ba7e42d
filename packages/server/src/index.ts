export { describeOptions, optionTable, parseOptions, type ServerOptions } from './config/options.ts';
export { type RunningServer, type ServerSurroundings, type ServerUrls, startServer } from './server.ts';
