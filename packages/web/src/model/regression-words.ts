/** Verdicts about deploys as sentences and links. */
import type {
  RegressionCell,
  RegressionLook,
  RegressionMeasure,
  RegressionsResponse,
  RegressionVerdict,
} from '@sightline/schema/api';
import {
  formatCostUsd,
  formatCount,
  formatDurationMs,
  formatNumber,
  formatShare,
  counted,
} from '@sightline/base';

type JudgedDeploy = RegressionsResponse['deploys'][number];

export const verdictWords: Readonly<Record<RegressionVerdict, string>> = {
  regressed: 'Regressed',
  improved: 'Improved',
  no_evidence: 'No evidence',
  too_little: 'Too little data',
};

export const verdictTones: Readonly<Record<RegressionVerdict, string>> = {
  regressed: 'error-text',
  improved: 'good-text',
  no_evidence: 'faint',
  too_little: 'soft',
};

export function regressionsSentence({ deploys }: RegressionsResponse): string {
  if (deploys.length === 0) return 'No version began to run in this time';
  const worse = deploys.filter(({ looks }) => (looks[0]?.regressed ?? 0) > 0).length;
  const judged = deploys.filter(({ looks }) => looks.length > 0).length;
  const all = counted(deploys.length, 'deploy');
  if (worse > 0) return `${worse} of ${all} made something worse`;
  return judged === 0 ? `${all}, none judged yet` : `${all}; nothing got worse`;
}

/** How the server names the other side where there is none. */
const nothingBefore = 'nothing:';

export function lookWords({ minutes, regressed, improved, comparedWith, method }: RegressionLook): string {
  const after = `After ${counted(minutes, 'minute')}`;
  if (comparedWith.startsWith(nothingBefore))
    return `${after}: nothing ran before it, so there is nothing to compare it with.`;
  const found =
    regressed + improved === 0
      ? 'no sure change'
      : [
          ...(regressed > 0 ? [`${regressed} regressed`] : []),
          ...(improved > 0 ? [`${improved} improved`] : []),
        ].join(', ');
  const how =
    method === 'paired'
      ? 'minute by minute, and run by run'
      : method === 'last_week'
        ? 'and with how much other windows differed from those a week before them'
        : 'with as many minutes before, and with how much they differed without a deploy';
  return `${after}: ${found}. Compared with ${comparedWith}, ${how}.`;
}

export const deployTitle = ({
  service,
  version,
  environment,
}: Pick<JudgedDeploy, 'service' | 'version' | 'environment'>): string =>
  `${service} ${version}${environment === '' ? '' : `, ${environment}`}`;

export const cellTitle = ({ name, model, agent }: RegressionCell): string =>
  [name, ...(model === '' ? [] : [model]), ...(agent === '' ? [] : [`agent ${agent}`])].join(', ');

const measures: Readonly<Record<RegressionMeasure, string>> = {
  duration: 'Duration',
  p95: 'Duration, p95',
  p99: 'Duration, p99',
  error_rate: 'Error rate',
  cost: 'Cost of a run',
  tokens: 'Tokens of a run',
  score: 'Score',
};

export const measureWords = ({ measure, score }: RegressionCell): string =>
  measure === 'score' ? `Score ${score}` : measures[measure];

export function measuredWords(measure: RegressionMeasure, value: number): string {
  switch (measure) {
    case 'duration':
    case 'p95':
    case 'p99':
      return formatDurationMs(value);
    case 'error_rate':
      return formatShare(value);
    case 'cost':
      return formatCostUsd(value);
    case 'tokens':
      return formatCount(Math.round(value));
    case 'score':
      return formatNumber(value);
  }
}

export const countedWords = ({ measure }: RegressionCell, count: number): string =>
  measure === 'cost' || measure === 'tokens' || measure === 'score'
    ? counted(count, 'run')
    : counted(count, 'call');

/** Both sides beside each other, as the page Compare reads them. */
export function compareSearch({ runs: { before, after } }: RegressionCell): Readonly<Record<string, string>> {
  return {
    a: before.q,
    b: after.q,
    aFrom: before.from,
    aTo: before.to,
    bFrom: after.from,
    bTo: after.to,
  };
}
