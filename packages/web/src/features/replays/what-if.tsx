import type { ReplayTarget, Span } from '@sightline/schema/api';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { slimTraceQuery, spanQuery } from '../../api/queries.ts';
import { startReplay } from '../../api/replay-queries.ts';
import {
  changesOf,
  isObject,
  type JsonObject,
  parametersOf,
  parameterText,
  promptTexts,
  readJson,
  recordedRequest,
  recordedResult,
  requestNear,
  requestOfSpan,
  type WhatIf,
  whatIfCommand,
  withParameter,
  withValue,
} from '../../model/edited-request.ts';
import { Button } from '../../widgets/button.tsx';
import { CodeBlock } from '../../widgets/code-block.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, SkeletonRows } from '../../widgets/states.tsx';

interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

/** Goes on from one step of a run, with its request or result changed. */
export function WhatIfForm(props: {
  readonly place: Place;
  readonly targets: readonly ReplayTarget[];
  readonly onStarted: (id: string) => void;
}): ReactElement {
  const { traceId, spanId } = props.place;
  const span = useQuery(spanQuery(traceId, spanId));
  const trace = useQuery(slimTraceQuery(traceId));
  const parents = trace.data?.columns.parent;
  const rootId = trace.data?.columns.spanId[parents?.findIndex((parent) => parent < 0) ?? -1];
  const root = useQuery({ ...spanQuery(traceId, rootId ?? ''), enabled: rootId !== undefined });
  const isRecordedElsewhere = span.data?.operation === 'llm' && recordedRequest(span.data) === undefined;
  const nearIds = isRecordedElsewhere && trace.data !== undefined ? idsNear(trace.data.columns, spanId) : [];
  const near = useQueries({ queries: nearIds.map((id) => spanQuery(traceId, id)) });
  const error = span.error ?? trace.error ?? root.error;
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void span.refetch()} />;
  const isComing = trace.data === undefined || near.some(({ isPending }) => isPending);
  if (span.data === undefined || root.data === undefined || isComing) return <SkeletonRows count={6} />;
  const named = root.data.attributes['sightline.target'];
  return (
    <WhatIfEditor
      key={spanId}
      span={span.data}
      near={near.flatMap(({ data }) => data ?? [])}
      target={typeof named === 'string' ? named : undefined}
      targets={props.targets}
      onStarted={props.onStarted}
    />
  );
}

const nearMax = 8;

/** The spans on which the request of a call may stand: those right below it, and those around it, the nearest first. */
function idsNear(
  { spanId: ids, parent }: { readonly spanId: readonly string[]; readonly parent: readonly number[] },
  spanId: string,
): readonly string[] {
  const own = ids.indexOf(spanId);
  const near = ids.filter((_, at) => parent[at] === own).slice(0, nearMax);
  for (let at = parent[own] ?? -1; at >= 0 && near.length < 2 * nearMax; at = parent[at] ?? -1)
    near.push(ids[at] ?? '');
  return near;
}

type Edited = Pick<WhatIf, 'set' | 'result'>;

function WhatIfEditor(props: {
  readonly span: Span;
  /** Where its request may be recorded, if not on itself. */
  readonly near: readonly Span[];
  /** The one that the run names. */
  readonly target: string | undefined;
  readonly targets: readonly ReplayTarget[];
  readonly onStarted: (id: string) => void;
}): ReactElement {
  const { span, targets } = props;
  const client = useQueryClient();
  const programs = targets.filter(({ settings }) => settings.kind === 'sdk');
  const [picked, setPicked] = useState(props.target ?? programs[0]?.name);
  const [edited, setEdited] = useState<Edited>({});
  const [later, setLater] = useState<WhatIf['later']>('live');
  const [failure, setFailure] = useState<string>();
  const target = programs.find(({ name }) => name === picked);
  const isReady = target?.state === 'ready';
  const isCall = span.operation === 'llm';
  const whatIf: WhatIf = { spanId: span.spanId, ...edited, later };
  const start = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setFailure(undefined);
    try {
      const made = await startReplay({ traceId: span.traceId, target: picked ?? '', whatIf });
      await client.invalidateQueries({ queryKey: ['replays'] });
      props.onStarted(made.id);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="form-fields" onSubmit={(event) => void start(event)}>
      <p className="soft">
        <PageLink to={`/runs/${span.traceId}`} search={{ span: span.spanId }}>
          {span.name}
        </PageLink>{' '}
        and the steps after it run again. The steps before it are answered from the recording.
      </p>
      {isCall ? (
        <RequestEditor span={span} near={props.near} onEdited={setEdited} />
      ) : (
        <ResultEditor span={span} onEdited={setEdited} />
      )}
      <label className="field">
        <span>Steps after it</span>
        <select
          value={later}
          onChange={(event) => setLater(event.target.value === 'recorded' ? 'recorded' : 'live')}
        >
          <option value="live">All run</option>
          <option value="recorded">Those asked the same are answered from the recording</option>
        </select>
      </label>
      {programs.length > 0 && (
        <label className="field">
          <span>Program</span>
          <select value={picked} onChange={(event) => setPicked(event.target.value)}>
            {target === undefined && <option value={picked}>{picked}</option>}
            {programs.map(({ name, state }) => (
              <option key={name} value={name}>
                {state === 'away' ? `${name} (away)` : name}
              </option>
            ))}
          </select>
        </label>
      )}
      {!isReady && (
        <p className="warn-text" role="status">
          {picked === undefined
            ? 'No program offers this run. One does with target() of the SDK; or run it on your machine.'
            : `No program that offers ${picked} is connected. Start it, or run it on your machine.`}
        </p>
      )}
      {failure !== undefined && (
        <p className="error-text" role="alert">
          {failure}
        </p>
      )}
      <Button look="primary" type="submit" disabled={!isReady}>
        Run from here
      </Button>
      <CodeBlock
        caption="On your machine, with your program at the end"
        code={whatIfCommand(span.traceId, whatIf)}
      />
    </form>
  );
}

/** The prompt, the model and the parameters of a call; or all of it as JSON. */
function RequestEditor(props: {
  readonly span: Span;
  readonly near: readonly Span[];
  readonly onEdited: (edited: Edited) => void;
}): ReactElement {
  const { span, near, onEdited } = props;
  const recorded = recordedRequest(span) ?? requestNear(span, near);
  const before = recorded ?? requestOfSpan(span);
  const [body, setBody] = useState(before);
  const [draft, setDraft] = useState<string>();
  const change = (next: JsonObject): void => {
    setBody(next);
    onEdited({ set: changesOf(before, next) });
  };
  const changeJson = (text: string): void => {
    const value = readJson(text);
    setDraft(text);
    if (isObject(value)) change(value);
  };
  const isBroken = draft !== undefined && !isObject(readJson(draft));
  return (
    <>
      {recorded === undefined && (
        <p className="soft">The request was not recorded, so that its prompt cannot be changed here.</p>
      )}
      <div className="form-row">
        {parametersOf(before).map(({ name }) => (
          <label key={name} className="field">
            <span>{name}</span>
            <input
              value={parameterText(body[name])}
              onChange={(event) => change(withParameter(body, name, event.target.value))}
            />
          </label>
        ))}
      </div>
      {promptTexts(body).map(({ path, label, text }) => (
        <label key={path.join('.')} className="field">
          <span>{label}</span>
          <textarea
            value={text}
            rows={Math.min(Math.max(text.split('\n').length, 2), 10)}
            onChange={(event) => change(withValue(body, path, event.target.value))}
          />
        </label>
      ))}
      {recorded !== undefined && (
        <details onToggle={() => setDraft(undefined)}>
          <summary>All of it as JSON</summary>
          <label className="field">
            <span className="visually-hidden">The request as JSON</span>
            <textarea
              className="mono"
              rows={14}
              aria-invalid={isBroken}
              value={draft ?? JSON.stringify(body, undefined, 2)}
              onChange={(event) => changeJson(event.target.value)}
            />
            {isBroken && <small>This is no JSON object; the last one that was is taken.</small>}
          </label>
        </details>
      )}
    </>
  );
}

/** What a tool or a search gives back, in place of its code. */
function ResultEditor(props: {
  readonly span: Span;
  readonly onEdited: (edited: Edited) => void;
}): ReactElement {
  const { span, onEdited } = props;
  const [runs, setRuns] = useState(true);
  const [text, setText] = useState(recordedResult(span) ?? '');
  const change = (isRun: boolean, result: string): void => {
    setRuns(isRun);
    setText(result);
    onEdited(isRun ? {} : { result: readJson(result) ?? result });
  };
  return (
    <>
      <label className="field">
        <span>This step</span>
        <select
          value={runs ? 'runs' : 'gives'}
          onChange={(event) => change(event.target.value === 'runs', text)}
        >
          <option value="runs">Its code runs</option>
          <option value="gives">It gives back what stands below</option>
        </select>
      </label>
      <label className="field">
        <span>Result</span>
        <textarea
          className="mono"
          rows={8}
          value={text}
          placeholder="JSON or text"
          onChange={(event) => change(false, event.target.value)}
        />
        {span.status.code === 'error' && <small>It failed: {span.status.message || 'no message'}</small>}
      </label>
    </>
  );
}
