import { type QuarantineResent, quarantineResent } from '@sightline/schema/api';
import type { Command } from '../command.ts';
import { exitCodes, Interrupted } from '../exit-code.ts';
import { counted, formatCount } from '@sightline/base';

export const resendQuarantineCommand: Command = {
  name: 'resend-quarantine',
  summary: 'Try again to store what the engine refused.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {},
  details:
    'What was accepted and then refused by the engine lies in the quarantine folder of the data directory, beside the reason. When\n' +
    'that is mended, such as by an update, this stores it and takes it out of the folder. Interrupted, it can be done again.',
  examples: [{ line: 'sightline resend-quarantine', about: 'after an update that mends the reason' }],
  run: async ({ client, output, signal }) => {
    const total = { stored: 0, items: 0, refused: 0, damaged: 0 };
    const reasons = new Set<string>();
    for (let after: string | null = ''; after !== null;) {
      if (signal.aborted) throw new Interrupted();
      const answer: QuarantineResent = await client.post('quarantine/resend', { after }, quarantineResent);
      for (const key of ['stored', 'items', 'refused', 'damaged'] as const) total[key] += answer[key];
      for (const reason of answer.reasons) reasons.add(reason);
      output.status(`${pieces(total.stored)} stored, ${formatCount(total.refused)} refused again`);
      after = answer.next;
    }
    output.status('');
    const left = total.refused + total.damaged;
    if (output.json) output.document({ ...total, reasons: [...reasons] });
    else if (total.stored + left === 0) output.line('Nothing is in quarantine.');
    else {
      output.line(`${pieces(total.stored)} with ${counted(total.items, 'item')} stored.`);
      if (total.refused > 0)
        output.note(`${pieces(total.refused)} refused again: ${[...reasons].join('; ')}`);
      if (total.damaged > 0) output.note(`${pieces(total.damaged)} damaged, which cannot be stored.`);
    }
    return left === 0 ? exitCodes.ok : exitCodes.failure;
  },
};

const pieces = (count: number) => `${formatCount(count)} ${count === 1 ? 'piece' : 'pieces'}`;
