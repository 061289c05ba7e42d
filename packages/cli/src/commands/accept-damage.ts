import { damageAccepted } from '@sightline/schema/api';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { counted, formatCount } from '@sightline/base';

export const acceptDamageCommand: Command = {
  name: 'accept-damage',
  summary: 'Take damaged parts of the store as lost, and go on without them.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {},
  details:
    'The Status page and /ready tell of stored rows that are gone or cannot be read. Restore them from a backup where there is one. Otherwise this\n' +
    'sets unreadable parts aside, so that questions over the rest have answers, and the server is ready again.',
  examples: [{ line: 'sightline accept-damage', about: 'when there is no backup' }],
  run: async ({ client, output }) => {
    const accepted = await client.post('damage/accept', {}, damageAccepted);
    if (output.json) output.document(accepted);
    else if (accepted.parts === 0) output.line('Nothing is damaged.');
    else
      output.line(
        `${counted(accepted.parts, 'part')} with ${formatCount(accepted.rows)} known rows taken as lost.`,
      );
    return exitCodes.ok;
  },
};
