import type { ReportResponse } from '@sightline/schema/api';
import { changeText, costText, counted, countText, durationText, shareText } from '@sightline/schema/report';

/** What happened, in sentences. */
export function summarise(report: Omit<ReportResponse, 'summary'>): string {
  const { totals, previous, errors, firings, slos, deploys, startTime, generatedAt } = report;
  const was = (text: string): string => (text === '' ? '' : ` (${text})`);
  const sentences: string[] = [];
  if (totals.runs === null) sentences.push('Runs could not be counted.');
  else if (startTime >= generatedAt) sentences.push('The period has not begun.');
  else if (totals.runs === 0) sentences.push('No agent ran.');
  else
    sentences.push(
      `${counted(totals.runs, 'run')}${was(changeText(totals.runs, previous.runs))}, ${countText(totals.failedRuns)} failed: ${shareText(totals.errorRate)}${previous.errorRate === null ? '' : `, before ${shareText(previous.errorRate)}`}.`,
    );
  if (totals.p95Ms !== null)
    sentences.push(
      `95 of 100 took at most ${durationText(totals.p95Ms)}${was(changeText(totals.p95Ms, previous.p95Ms))}.`,
    );
  if (totals.costUsd !== null)
    sentences.push(
      `They cost ${costText(totals.costUsd)}${was(changeText(totals.costUsd, previous.costUsd))}.`,
    );
  if (errors.groups > 0)
    sentences.push(
      `${counted(errors.total, 'error')} of ${counted(errors.groups, 'cause')}, ${countText(errors.newGroups)} of them new${errors.regressed.length > 0 ? `, ${countText(errors.regressed.length)} back after being resolved` : ''}.`,
    );
  const worse = deploys.filter(({ look }) => look !== null && look.regressed > 0).length;
  if (worse > 0) sentences.push(`${counted(worse, 'deploy')} made something worse.`);
  if (firings.length > 0) sentences.push(`${counted(firings.length, 'alert')} fired.`);
  const spent = slos.filter(({ state }) => state.status === 'spent').length;
  if (spent > 0) sentences.push(`${counted(spent, 'SLO has', 'SLOs have')} no budget left.`);
  return sentences.join(' ');
}
