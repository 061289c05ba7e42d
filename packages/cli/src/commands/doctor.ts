import type { Command } from '../command.ts';
export const doctorCommand: Command = {
  name: 'doctor',
  summary: '',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {},
  examples: [],
  run: async () => 0,
};
