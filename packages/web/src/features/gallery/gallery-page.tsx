import { useState, type ReactElement, type ReactNode } from 'react';
import { ApiError, UnreachableError } from '../../api/client.ts';
import { attributeRows } from '../../model/attribute-rows.ts';
import { familyLabels, operationFamilies } from '../../model/operation.ts';
import { defaultRange, type TimeRange } from '../../model/time-range.ts';
import { AttributeTable } from '../../widgets/attribute-table.tsx';
import { Button, IconButton, Key, Segmented } from '../../widgets/button.tsx';
import { Chart } from '../../widgets/chart.tsx';
import { FamilyIcon } from '../../widgets/icon.tsx';
import { HistogramStrip } from '../../widgets/histogram-strip.tsx';
import { JsonView } from '../../widgets/json-view.tsx';
import { Page } from '../../widgets/page.tsx';
import { SeverityWord } from '../../widgets/severity-word.tsx';
import { ErrorNotice, LimitsNote, Notice, SkeletonRows } from '../../widgets/states.tsx';
import { TimeRangePicker } from '../../widgets/time-range-picker.tsx';
import { AgentSamples } from './agent-samples.tsx';
import './gallery-page.css';

const startMs = Date.UTC(2026, 10, 21, 10);
const wave = Array.from({ length: 60 }, (_, i) => 40 + Math.round(30 * Math.sin(i / 6)));
const times = wave.map((_, i) => startMs / 1000 + i * 60);
const histogram = {
  stepMs: 60_000,
  buckets: wave.map((count, i) => ({
    startMs: startMs + i * 60_000,
    count,
    errorCount: i % 9 === 0 ? 6 : 0,
    p50Ms: count * 3,
    p95Ms: count * 11,
  })),
};
const lines = [
  { label: 'api', values: wave, isShown: true },
  { label: 'search', values: wave.map((value) => 90 - value), isShown: true },
];
const attributes = {
  'http.route': '/chat',
  'gen_ai.usage.input_tokens': 1204,
  messages: '[{"role":"user","content":"Where is my order? It should have been here on Tuesday."}]',
};

/** Every part in every state, for those who build pages from them. */
export function GalleryPage(): ReactElement {
  const [range, setRange] = useState<TimeRange>(defaultRange);
  const [live, setLive] = useState(false);
  const [mode, setMode] = useState<'a' | 'b'>('a');
  return (
    <Page title="Gallery" answer="The parts pages are made of" detail="Samples, not data.">
      <div className="page-scroll gallery">
        <Sample title="Buttons">
          <Button look="primary">Primary</Button>
          <Button icon="filter">Plain</Button>
          <Button pressed>Pressed</Button>
          <Button disabled>Disabled</Button>
          <IconButton icon="refresh" label="Refresh" />
          <Segmented
            label="Sample"
            value={mode}
            options={[
              { value: 'a', label: 'One' },
              { value: 'b', label: 'Other' },
            ]}
            onChange={setMode}
          />
          <Key>g</Key>
        </Sample>
        <Sample title="Time range">
          <TimeRangePicker
            range={range}
            live={live}
            onLive={setLive}
            onChange={setRange}
            onRefresh={() => undefined}
          />
        </Sample>
        <Sample title="Span families and severities">
          {operationFamilies.map((family) => (
            <span key={family} className="gallery-family">
              <FamilyIcon family={family} /> {familyLabels[family]}
            </span>
          ))}
          {(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const).map((severity) => (
            <SeverityWord key={severity} severity={severity} />
          ))}
        </Sample>
        <Sample title="Histogram strip" wide>
          <HistogramStrip data={histogram} noun="traces" durations onBrush={() => undefined} />
        </Sample>
        <Sample title="Chart" wide>
          <Chart
            label="Sample chart"
            range={{ fromMs: startMs, toMs: startMs + 3_600_000 }}
            xS={times}
            series={lines}
            height={220}
            formatValue={(value) => `${value} ms`}
          />
        </Sample>
        <Sample title="Attributes" wide>
          <AttributeTable
            title="Attributes"
            rows={attributeRows('attr', attributes)}
            actionsFor={() => []}
            dropped={2}
          />
        </Sample>
        <Sample title="JSON" wide>
          <JsonView
            value={{ role: 'user', content: ['text', 42, true, null], nested: { a: {} } }}
            label="a sample"
          />
        </Sample>
        <AgentSamples />
        <Sample title="States" wide>
          <div data-sample="">
            <SkeletonRows count={4} />
          </div>
          <LimitsNote limits={[{ limit: 'rows', message: 'Only the first 10,000 rows were read.' }]} />
          <Notice icon="traces" title="Nothing here">
            <p>What is so, why, and what to do next.</p>
          </Notice>
          <ErrorNotice
            error={
              new ApiError(422, {
                code: 'query_limit',
                message: 'The query met its time limit of 10 s.',
                hint: 'Choose a shorter range.',
              })
            }
            onRetry={() => undefined}
          />
          <ErrorNotice error={new UnreachableError('gone')} />
          <ErrorNotice
            error={
              new ApiError(401, {
                code: 'unauthenticated',
                message: 'No valid API key came with the request.',
                hint: '',
              })
            }
          />
        </Sample>
      </div>
    </Page>
  );
}

function Sample({
  title,
  wide,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}): ReactElement {
  return (
    <section className="gallery-sample">
      <h2>{title}</h2>
      <div className={wide === true ? 'gallery-wide' : 'gallery-row'}>{children}</div>
    </section>
  );
}
