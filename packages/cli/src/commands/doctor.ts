import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import type { Finding } from '../doctor/check.ts';
import { checkDataDirectory, checkDisk, checkNode, checkPorts } from '../doctor/check-machine.ts';
import { checkRoundTrip } from '../doctor/check-round-trip.ts';
import { checkClock, checkLedger, checkServer, checkServerDisk } from '../doctor/check-server.ts';
import type { Style } from '../output/style.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check the machine and the server, and say what to do.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {},
  details:
    'Looks at Node, disk and data directory here; at the server, its clock, disk, canary and ledger; and sends a span and\n' +
    'a log line and reads them back (they stay, under the service sightline-doctor).',
  examples: [
    { line: 'sightline doctor', about: 'is everything all right?' },
    {
      line: 'sightline doctor --url http://sightline.internal:4300 --json',
      about: 'another server, for a script',
    },
  ],
  run: async ({ client, env, signal, output }) => {
    const context = { client, env, signal };
    const findings: Finding[] = [];
    const report = (...found: readonly Finding[]): void => {
      findings.push(...found);
      if (!output.json) for (const finding of found) output.line(describeFinding(finding, output.style));
    };
    report(checkNode(), await checkDataDirectory(context), await checkDisk(context));
    const { finding, server } = await checkServer(context);
    report(finding);
    if (server === undefined) report(await checkPorts(context));
    else {
      report(await checkClock(server), checkServerDisk(server));
      report(...(await checkRoundTrip(server)));
      report(...(await checkLedger(server)));
    }
    const failed = findings.filter(({ status }) => status === 'failed').length;
    if (output.json) output.document({ ok: failed === 0, checks: findings });
    else {
      output.line('');
      output.line(
        failed === 0
          ? output.style.good('All is well.')
          : output.style.error(`${failed} ${failed === 1 ? 'check' : 'checks'} failed.`),
      );
    }
    if (failed === 0) return exitCodes.ok;
    return server === undefined ? exitCodes.unreachable : exitCodes.failure;
  },
};

function describeFinding({ name, status, message, hint }: Finding, style: Style): string {
  const mark = {
    ok: style.good('✓'),
    warning: style.warning('!'),
    failed: style.error('✗'),
    skipped: style.dim('–'),
  }[status];
  const line = `${mark} ${name.padEnd(16)} ${message}`;
  return hint === undefined ? line : `${line}\n${' '.repeat(19)}${style.dim('→')} ${hint}`;
}
