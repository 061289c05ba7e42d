import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { type RuleTimeline, ruleTimelineQuery } from '../../api/alert-queries.ts';
import { labelWords, tellingLabels } from '../../model/alert-words.ts';
import { counted } from '@sightline/base';
import { formatDateTime, msFromTimestamp } from '../../model/timestamp.ts';
import { describeRange } from '../../model/time-range.ts';
import { useTimeRange } from '../../widgets/url-state.ts';

const weekRange = { from: '-7d', to: 'now' };
const rowsMax = 12;

/** In which state the rule was when: a bar of time for each of its label sets. */
export function RuleTimelineView({ id }: { readonly id: string }): ReactElement | null {
  const range = useTimeRange(weekRange);
  const { data } = useQuery(ruleTimelineQuery(id, range.from, range.to));
  if (data === undefined) return null;
  const left = data.instances.length - rowsMax;
  const telling = tellingLabels(data.instances.map(({ labels }) => labels)).map(labelWords);
  return (
    <section className="rule-timeline" aria-label="States over time">
      <h2>{describeRange(range, Date.now())}</h2>
      {data.instances.length === 0 && <p className="soft">It was never pending and never fired.</p>}
      {data.instances.slice(0, rowsMax).map((instance, index) => (
        <div key={instance.instanceId} className="timeline-row">
          <span className="clip" title={labelWords(instance.labels)}>
            {telling[index] === '' ? 'All' : telling[index]}
          </span>
          <div className="timeline-bar">
            {data.gaps.map((gap) => (
              <span key={gap.from} className="is-gap" style={placeOf(gap, data)} title={gap.reason} />
            ))}
            {instance.spells.map((spell) => (
              <span
                key={spell.from}
                className={`is-${spell.state}`}
                style={placeOf(spell, data)}
                title={`${spell.state} from ${formatDateTime(msFromTimestamp(spell.from)).slice(0, -4)}${spell.to === null ? ' until now' : ` to ${formatDateTime(msFromTimestamp(spell.to)).slice(0, -4)}`}`}
              />
            ))}
          </div>
        </div>
      ))}
      {left > 0 && <p className="soft">{counted(left, 'more label set')} not shown.</p>}
      {data.instances.length > 0 && (
        <p className="timeline-key small soft">
          <span className="is-pending" /> pending <span className="is-firing" /> firing{' '}
          <span className="is-recovering" /> recovering
          {data.gaps.length > 0 && (
            <>
              {' '}
              <span className="is-gap" /> not evaluated
            </>
          )}
        </p>
      )}
    </section>
  );
}

/** At least two pixels wide, and placed from the right, so that what is short or began just now can be seen. */
function placeOf(
  spell: { readonly from: string; readonly to: string | null },
  whole: Pick<RuleTimeline, 'from' | 'to'>,
): { readonly right: string; readonly width: string } {
  const fromMs = msFromTimestamp(whole.from);
  const toMs = msFromTimestamp(whole.to);
  const at = (time: string): number =>
    Math.min(1, Math.max(0, (msFromTimestamp(time) - fromMs) / (toMs - fromMs)));
  const left = at(spell.from);
  const right = spell.to === null ? 1 : at(spell.to);
  return { right: `${(1 - right) * 100}%`, width: `max(2px, ${(right - left) * 100}%)` };
}
