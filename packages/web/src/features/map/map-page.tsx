import type { MapEdge, MapNode, ServiceMapResponse } from '@sightline/schema/api';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactElement } from 'react';
import { serviceMapQuery } from '../../api/analysis-queries.ts';
import { rangeBefore } from '../../model/compare-words.ts';
import { formatCount, formatShare, counted } from '@sightline/base';
import {
  durationOf,
  edgeTitle,
  filterOfEdge,
  filterOfNode,
  healthWords,
  mapBoxes,
  type MapLabel,
  mapLines,
  mapSentence,
  nameOf,
  nodeKindWords,
  rateWords,
} from '../../model/service-map-view.ts';
import { describeRangeInSentence } from '../../model/time-range.ts';
import { Segmented } from '../../widgets/button.tsx';
import { Filler } from '../../widgets/filler.tsx';
import { GraphView } from '../../widgets/graph-view.tsx';
import { KeptNote } from '../../widgets/kept-note.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows, SkeletonText } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import type { UrlSearch } from '../../widgets/url-state.ts';
import { type Question, useQuestion } from '../../widgets/use-question.ts';
import { SaveTable } from '../../widgets/save-table.tsx';
import './map-page.css';

const labels: readonly { readonly value: MapLabel; readonly label: string }[] = [
  { value: 'rate', label: 'Rate' },
  { value: 'errors', label: 'Errors' },
  { value: 'time', label: 'Time' },
];

/** Services and what they call, how it goes, and what is worse than in the time before. */
export function MapPage(): ReactElement {
  const question = useQuestion();
  const { range, asOf, search, patch } = question;
  const [label, setLabel] = useState<MapLabel>('rate');
  const query = useQuery(serviceMapQuery({ ...range }, asOf));
  const map = useKept(query.data, query.error);
  const boxes = useMemo(() => mapBoxes(map?.nodes ?? []), [map]);
  const lines = useMemo(() => mapLines(map?.edges ?? [], label), [map, label]);
  const selected = map?.nodes.find(({ id }) => id === search['node']);
  return (
    <Page
      title="Service map"
      answer={
        map === undefined ? (
          query.error === null ? (
            <SkeletonText width={420} />
          ) : (
            'Service map'
          )
        ) : (
          mapSentence(map, describeRangeInSentence(range, asOf))
        )
      }
      detail={map === undefined ? undefined : sampleWords(map)}
      actions={<TimeRangePicker range={range} onChange={question.setRange} onRefresh={question.refresh} />}
    >
      <LimitsNote limits={map?.limitsMet} />
      <KeptNote query={query} isShown={map !== undefined} onRetry={question.refresh} />
      <div className="map-bar">
        <Segmented label="What the arrows show" value={label} options={labels} onChange={setLabel} />
        {map !== undefined && map.nodes.length > 0 && (
          <>
            <span className="map-saved small faint">Boxes</span>
            <SaveTable name="services" rows={map.nodes} />
            <span className="small faint">Arrows</span>
            <SaveTable name="calls between services" rows={map.edges} />
          </>
        )}
      </div>
      <div className="map-body">
        {query.error !== null && map === undefined && (
          <ErrorNotice error={query.error} onRetry={question.refresh} />
        )}
        {query.isPending && <SkeletonRows count={12} />}
        {map?.nodes.length === 0 && (
          <Notice icon="graph" title="No service was at work in this range">
            <p>The map is drawn from spans: who called whom, and what they called that sends none itself.</p>
            <Filler page="map" />
          </Notice>
        )}
        {map !== undefined && map.nodes.length > 0 && (
          <GraphView
            label="Services and what they call"
            nodes={boxes}
            edges={lines}
            selected={selected?.id}
            onSelect={(node) => patch({ node }, 'replace')}
          />
        )}
        {map !== undefined && selected !== undefined && (
          <NodePanel map={map} node={selected} question={question} />
        )}
      </div>
    </Page>
  );
}

function sampleWords({ sampledShare, spans }: ServiceMapResponse): string {
  return sampledShare === 1
    ? `From ${counted(spans, 'span')} of this range and the one before`
    : `Estimated from ${counted(spans, 'span')}, ${formatShare(sampledShare)} of those of this range and the one before`;
}

/** What one box does and meets, and the ways on. */
function NodePanel(props: {
  readonly map: ServiceMapResponse;
  readonly node: MapNode;
  readonly question: Question;
}): ReactElement {
  const { map, node, question } = props;
  const { range, asOf, search } = question;
  const q = filterOfNode(node);
  const before = rangeBefore(range, asOf);
  const carried = { from: search['from'], to: search['to'] };
  const compared = (edge: MapEdge) => ({
    ...carried,
    q: filterOfEdge(map, edge),
    bFrom: before.from,
    bTo: before.to,
  });
  return (
    <aside className="map-panel" aria-label="Selected">
      <p className="faint small">
        {nodeKindWords[node.kind]}
        {node.group !== '' && ` · ${node.group}`}
      </p>
      <h2>{node.name}</h2>
      {node.health !== 'good' && (
        <p className={node.health === 'failing' ? 'error-text' : 'warn-text'}>{healthWords[node.health]}</p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="faint">Calls to it</span>
            </th>
            <th scope="col">now</th>
            <th scope="col">before</th>
          </tr>
        </thead>
        <tbody>
          <Row name="Rate" now={rateWords(node.perMinute)} before={rateBefore(node)} />
          <Row name="Failed" now={share(node.errorRate)} before={share(node.before?.errorRate ?? null)} />
          <Row name="p50" now={durationOf(node.p50Ms)} before={durationOf(node.before?.p50Ms ?? null)} />
          <Row name="p95" now={durationOf(node.p95Ms)} before={durationOf(node.before?.p95Ms ?? null)} />
        </tbody>
      </table>
      {q !== undefined && (
        <p className="map-ways">
          <PageLink
            to="/compare"
            className="button"
            search={{ ...carried, q, bFrom: before.from, bTo: before.to }}
          >
            What is different
          </PageLink>
          <PageLink to="/traces" className="button" search={{ ...carried, q }}>
            Its traces
          </PageLink>
        </p>
      )}
      <EdgeList
        title="Called by"
        edges={map.edges.filter(({ target }) => target === node.id)}
        end="source"
        compared={compared}
      />
      <EdgeList
        title="Calls"
        edges={map.edges.filter(({ source }) => source === node.id)}
        end="target"
        compared={compared}
      />
    </aside>
  );
}

const share = (rate: number | null): string => (rate === null ? '–' : formatShare(rate));

/** The time before is as long as the range. */
function rateBefore({ before, calls, perMinute }: MapNode): string {
  if (before === null) return '–';
  return calls === 0 ? formatCount(before.calls) : rateWords((perMinute * before.calls) / calls);
}

function Row({
  name,
  now,
  before,
}: {
  readonly name: string;
  readonly now: string;
  readonly before: string;
}): ReactElement {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="num">{now}</td>
      <td className="num soft">{before}</td>
    </tr>
  );
}

function EdgeList(props: {
  readonly title: string;
  readonly edges: readonly MapEdge[];
  readonly end: 'source' | 'target';
  /** The comparison of the traces with such a call now and before. */
  readonly compared: (edge: MapEdge) => UrlSearch;
}): ReactElement | null {
  if (props.edges.length === 0) return null;
  return (
    <section>
      <h3>{props.title}</h3>
      <ul>
        {props.edges.map((edge) => (
          <li key={`${edge.source} ${edge.target} ${edge.kind}`} title={edgeTitle(edge)}>
            <PageLink
              to="/compare"
              className="row-link clip"
              search={props.compared(edge)}
              title={`What is different about the traces with this call?\n${edgeTitle(edge)}`}
            >
              {nameOf(edge[props.end])}
            </PageLink>
            <span className="num">{rateWords(edge.perMinute)}</span>
            <span className={edge.errors > 0 ? 'num error-text' : 'num faint'}>
              {edge.errors > 0 ? share(edge.errorRate) : '–'}
            </span>
            <span className={edge.health === 'slower' ? 'num warn-text' : 'num'}>
              {durationOf(edge.p95Ms)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
