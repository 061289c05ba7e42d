import type { AlertRule, TryRuleResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState, type ReactElement } from 'react';
import { tryRuleQuery } from '../../api/alert-queries.ts';
import { alertValue, labelWords } from '../../model/alert-words.ts';
import { counted } from '@sightline/base';
import { pinOfRule } from '../../model/pin-of-rule.ts';
import { readRuleDraft, type RuleDraft } from '../../model/rule-form.ts';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { Segmented } from '../../widgets/button.tsx';
import { Chart } from '../../widgets/chart.tsx';
import { PinThis } from '../../widgets/pin-this.tsx';
import { SkeletonText } from '../../widgets/states.tsx';

const spans = [
  { value: '-6h', label: '6 h' },
  { value: '-24h', label: '24 h' },
  { value: '-7d', label: '7 d' },
] as const;
const spanMs = { '-6h': 21_600_000, '-24h': 86_400_000, '-7d': 604_800_000 } as const;

interface RulePreviewProps {
  readonly draft: RuleDraft;
  readonly rule: AlertRule | undefined;
  readonly isRight: boolean;
}

/** When the rule, as it stands in the form, would have fired. */
export function RulePreview({ draft, rule, isRight }: RulePreviewProps): ReactElement {
  const [from, setFrom] = useState<(typeof spans)[number]['value']>('-24h');
  const settled = useDeferredValue(draft);
  const input = useMemo(() => {
    const read = readRuleDraft({ ...settled, name: settled.name === '' ? 'Untitled' : settled.name }, rule);
    return 'rule' in read ? read.rule : undefined;
  }, [settled, rule]);
  const query = useQuery({
    ...tryRuleQuery(input ?? emptyRule, from),
    enabled: isRight && input !== undefined,
  });
  const tried = isRight ? query.data : undefined;
  const pin = useMemo(() => (input === undefined ? undefined : pinOfRule(input)), [input]);
  return (
    <section className="rule-preview" aria-label="Tried on the past">
      <div className="alerts-tools">
        <h2>
          <span role="status">
            {tried === undefined ? (
              query.isFetching ? (
                <SkeletonText width={240} />
              ) : (
                'Tried on the past'
              )
            ) : (
              sentence(tried)
            )}
          </span>
        </h2>
        <Segmented label="How far back" value={from} options={spans} onChange={setFrom} />
        {tried !== undefined && pin !== undefined && <PinThis name={pin.name} pin={async () => pin} />}
      </div>
      {query.error !== null && isRight && <p className="error-text">{query.error.message}</p>}
      {tried === undefined && query.error === null && !query.isFetching && (
        <p className="soft">
          Write a query: here stands what it would have found, and when it would have fired.
        </p>
      )}
      {tried !== undefined && <Tried tried={tried} spanMs={spanMs[from]} />}
    </section>
  );
}

/** Never asked: the query is not enabled without a rule. */
const emptyRule = {} as Parameters<typeof tryRuleQuery>[0];

function sentence({ summary }: TryRuleResponse): string {
  return summary.charAt(0).toUpperCase() + summary.slice(1);
}

function Tried({
  tried,
  spanMs: lengthMs,
}: {
  readonly tried: TryRuleResponse;
  readonly spanMs: number;
}): ReactElement {
  const drawn = useMemo(() => alignedSeries(tried), [tried]);
  const toMs = Date.now();
  const left = tried.seriesCount - tried.series.length;
  if (drawn.xS.length === 0) return <p className="soft">Nothing was found in this time.</p>;
  return (
    <>
      <Chart
        label="Values of the rule over time, with its threshold"
        range={{ fromMs: toMs - lengthMs, toMs }}
        xS={drawn.xS}
        series={drawn.series}
        {...(drawn.band === undefined ? {} : { band: drawn.band })}
        height={220}
        formatValue={(value) => alertValue(value, tried.unit)}
      />
      <ul className="tried-series">
        {tried.series.map((one) => (
          <li key={JSON.stringify(one.labels)}>
            <span>{labelWords(one.labels) === '' ? 'All' : labelWords(one.labels)}</span>
            <span className={one.spells.length === 0 ? 'faint' : 'error-text'}>
              {one.spells.length === 0 ? 'never' : counted(one.spells.length, 'time')}
            </span>
            <ol>
              {one.spells.slice(-5).map((spell) => (
                <li key={spell.from} className="small soft">
                  {formatDateTime(msFromTimestamp(spell.from)).slice(0, -4)}
                  {spell.to === null
                    ? ', still'
                    : ` to ${formatDateTime(msFromTimestamp(spell.to)).slice(0, -4)}`}
                  {spell.peak !== null && `, up to ${alertValue(spell.peak, tried.unit)}`}
                </li>
              ))}
            </ol>
          </li>
        ))}
      </ul>
      {left > 0 && <p className="soft">{counted(left, 'more label set')} not drawn.</p>}
    </>
  );
}

/** All series over one axis, the threshold as the last of them. */
function alignedSeries({ series, threshold }: TryRuleResponse) {
  const times = new Set<number>();
  for (const one of series) for (const [time] of one.points) times.add(time);
  const xS = [...times].toSorted((left, right) => left - right);
  const place = new Map(xS.map((time, at) => [time, at]));
  const lines = series.map((one) => {
    const values = Array.from<number | null>({ length: xS.length }).fill(null);
    for (const [time, value] of one.points) values[place.get(time) ?? 0] = value;
    return { label: labelWords(one.labels), values, isShown: true };
  });
  if (threshold !== null && xS.length > 0)
    lines.push({ label: 'threshold', values: xS.map(() => threshold), isShown: true });
  // What was expected is drawn of the first line: bands of several would lie over each other.
  const expected = (series[0]?.expected ?? []).filter(([, low, high]) => low !== null && high !== null);
  const end = (which: 1 | 2): (number | null)[] => {
    const values = Array.from<number | null>({ length: xS.length }).fill(null);
    for (const point of expected) values[place.get(point[0]) ?? 0] = point[which];
    return values;
  };
  return { xS, series: lines, band: expected.length === 0 ? undefined : { low: end(1), high: end(2) } };
}
