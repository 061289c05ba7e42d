/** A bulk replay for CI: JUnit XML, which every CI server reads, and Markdown, for a comment on a change. */
import { formatNumber } from '@sightline/base';
import type { ReplayBatchResponse } from '@sightline/schema/api';
import { batchFigures, shown } from './figures.ts';

export function junitReport({ batch, items, gate }: ReplayBatchResponse): string {
  const failures = items.filter(({ verdict }) => verdict === 'regressed' || verdict === 'failed').length;
  const conditions = gate?.conditions ?? [];
  const missed = conditions.filter(({ passed }) => !passed).length;
  const cases = [
    ...conditions.map(({ text, value, limit, passed }) =>
      testCase('gate', text, 0, passed ? '' : failure(`${value ?? 'unknown'} against ${limit ?? 'unknown'}`)),
    ),
    ...items.map(({ replay, verdict, durationMs }) =>
      testCase(
        replay.target,
        replay.sourceTraceId,
        (durationMs.after ?? 0) / 1000,
        verdict === 'regressed' || verdict === 'failed'
          ? failure(replay.error ?? verdict)
          : verdict === 'unknown'
            ? `<skipped message="${escapeXml(replay.error ?? replay.state)}"/>`
            : '',
      ),
    ),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="${escapeXml(`replay ${batch.q}`.trim())}" tests="${cases.length}" failures="${failures + missed}">
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

function testCase(group: string, name: string, seconds: number, inner: string): string {
  return `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}" time="${seconds.toFixed(3)}">${inner}</testcase>`;
}

function failure(message: string): string {
  return `<failure message="${escapeXml(message)}"/>`;
}

/** Control characters are not allowed in XML at all. */
function escapeXml(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/(?![\t\n\r])\p{Cc}/gu, '').replaceAll(/[&<>"]/g, (mark) => marks[mark] ?? mark);
}

export function markdownReport({ batch, before, after, gate, items }: ReplayBatchResponse): string {
  const worst = items.filter(({ verdict }) => verdict === 'regressed' || verdict === 'failed');
  return [
    `## Replay of ${after.runs} runs`,
    '',
    ...(gate === null ? [] : [gate.passed ? '**The gate passes.**' : '**The gate does not pass.**', '']),
    ...(gate?.conditions ?? []).map(
      ({ text, value, limit, passed }) =>
        `- ${passed ? '✓' : '✗'} \`${text}\` (${shown(value, formatNumber)} against ${shown(limit, formatNumber)})`,
    ),
    ...(batch.stoppedAtBudget
      ? [
          '',
          `Stopped at the budget of ${batch.budgetUsd ?? 0} USD; ${batch.counts.skipped} runs were not begun.`,
        ]
      : []),
    '',
    '| | before | after |',
    '| --- | ---: | ---: |',
    ...batchFigures.map(
      ([name, key, format]) => `| ${name} | ${shown(before[key], format)} | ${shown(after[key], format)} |`,
    ),
    ...(worst.length === 0
      ? []
      : [
          '',
          '| run | | error |',
          '| --- | --- | --- |',
          ...worst
            .slice(0, 50)
            .map(
              ({ replay, verdict }) =>
                `| \`${replay.sourceTraceId}\` | ${verdict} | ${cell(replay.error ?? '')} |`,
            ),
        ]),
    '',
  ].join('\n');
}

function cell(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', String.raw`\|`)
    .slice(0, 200);
}
