import type { Command } from '../command.ts';
export const exportCommand: Command = {
  name: 'export',
  summary: '',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {},
  examples: [],
  run: async () => 0,
};
