/** Values that stand alike in every list: costs, tokens, failures, moments, models. */
import type { ModelShare, Run, ScoreSummary, Usage } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { formatCount, formatDurationMs, formatNumber, formatShare } from '@sightline/base';
import { formatDateTime, formatRelative, msFromTimestamp, timeZoneName } from '../model/timestamp.ts';
import { costNote, costWords, tokenWords, totalTokens } from '../model/usage-words.ts';
import { PageLink } from './page-link.tsx';
import type { UrlSearch } from './url-state.ts';
import './facts.css';

export function CostValue({ of }: { readonly of: Pick<Usage, 'costUsd' | 'unpricedCalls'> }): ReactElement {
  const isWhole = of.unpricedCalls === 0;
  const className = of.costUsd === null ? (isWhole ? 'faint' : 'warn-text') : '';
  return (
    <span className={className} title={costNote(of)}>
      {costWords(of)}
    </span>
  );
}

export function TokensValue({ of }: { readonly of: Usage }): ReactElement {
  const total = totalTokens(of);
  return total === null ? <Dash /> : <span title={tokenWords(of)}>{formatCount(total)}</span>;
}

/** A count of failures: quiet at zero, red above. */
export function ErrorsValue({
  count,
  share,
}: {
  readonly count: number;
  readonly share?: number;
}): ReactElement {
  if (count === 0) return <Dash />;
  return (
    <span className="error-text" title={share === undefined ? undefined : formatShare(share)}>
      {formatCount(count)}
    </span>
  );
}

/** Errors of one run. Those below a run that ended well were handled. */
export function RunErrors({ run }: { readonly run: Pick<Run, 'status' | 'errorCount'> }): ReactElement {
  if (run.errorCount === 0 || run.status === 'error') return <ErrorsValue count={run.errorCount} />;
  return (
    <span className="soft" title="Handled: the run ended well.">
      {formatCount(run.errorCount)}
    </span>
  );
}

export function CountValue({ count }: { readonly count: number | null }): ReactElement {
  return count === null || count === 0 ? <Dash /> : <span>{formatCount(count)}</span>;
}

export function DurationValue({ ms }: { readonly ms: number | null }): ReactElement {
  return ms === null ? <Dash /> : <span>{formatDurationMs(ms)}</span>;
}

export function ShareValue({ share }: { readonly share: number | null }): ReactElement {
  return share === null ? <Dash /> : <span>{formatShare(share)}</span>;
}

export function TimeAgo({ time, nowMs }: { readonly time: string; readonly nowMs: number }): ReactElement {
  const ms = msFromTimestamp(time);
  return (
    <time className="time-ago soft" dateTime={time} title={`${formatDateTime(ms)} ${timeZoneName(ms)}`}>
      {formatRelative(ms, nowMs)}
    </time>
  );
}

/** `gpt-5.4 +1`, each of them on hover. */
export function ModelMix({ models }: { readonly models: readonly ModelShare[] }): ReactElement {
  const [first, ...rest] = models;
  if (first === undefined) return <Dash />;
  const words = models.map((one) =>
    one.calls === 0
      ? `${one.model}: no call told what it used`
      : `${one.model}: ${formatCount(one.calls)} calls, ${costWords({ costUsd: one.costUsd, unpricedCalls: one.costUsd === null ? one.calls : 0 })}`,
  );
  return <FirstOfSome first={first.model} others={rest.length} title={words.join('\n')} />;
}

/** `first +2`: what is first gives way, how many more there are stays. */
function FirstOfSome(props: {
  readonly first: string;
  readonly others: number;
  readonly title: string;
}): ReactElement {
  return (
    <span className="first-of-some soft" title={props.title}>
      <span className="clip">{props.first}</span>
      {props.others > 0 && <span className="faint">+{props.others}</span>}
    </span>
  );
}

export function Scores({ scores }: { readonly scores: readonly ScoreSummary[] }): ReactElement {
  const [first, ...rest] = scores;
  if (first === undefined) return <Dash />;
  const words = (one: ScoreSummary): string =>
    `${one.average === null ? (one.label ?? '') : formatNumber(one.average)} ${one.name}`;
  return <FirstOfSome first={words(first)} others={rest.length} title={scores.map(words).join('\n')} />;
}

/** A value inside a row that leads somewhere of its own. */
export function WayIn(props: {
  readonly to: string;
  readonly search?: UrlSearch;
  readonly label: string;
}): ReactElement {
  return (
    <PageLink
      to={props.to}
      {...(props.search === undefined ? {} : { search: props.search })}
      className="above-link way-in clip"
      title={props.label}
    >
      {props.label}
    </PageLink>
  );
}

/** A line of what was said, all of it in the title. */
export function Words({ text }: { readonly text: string | null | undefined }): ReactElement {
  return text === null || text === undefined || text === '' ? (
    <Dash />
  ) : (
    <span className="clip soft" title={text}>
      {text}
    </span>
  );
}

export function Dash(): ReactElement {
  return <span className="faint">–</span>;
}
