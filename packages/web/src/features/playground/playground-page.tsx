import { variablesOf } from '@sightline/schema/prompts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { connectionsQuery, promptVersionQuery, recordedCallQuery } from '../../api/quality-queries.ts';
import { draftOf, emptyDraft, type PlaygroundDraft } from '../../model/playground-draft.ts';
import { counted } from '@sightline/base';
import { Button } from '../../widgets/button.tsx';
import { Page } from '../../widgets/page.tsx';
import { PageLink } from '../../widgets/page-link.tsx';
import { ErrorNotice, Notice, SkeletonText } from '../../widgets/states.tsx';
import { useUrlState } from '../../widgets/url-state.ts';
import { ConnectionForm } from './connection-form.tsx';
import { Variant } from './variant.tsx';
import '../../widgets/form.css';
import '../../widgets/two-panes.css';
import './playground-page.css';

interface EditedVariant {
  readonly id: number;
  readonly draft: PlaygroundDraft;
}

/** A prompt is edited and asked, as many variants of it side by side as are wanted. */
export function PlaygroundPage(): ReactElement {
  const { search } = useUrlState();
  const { trace, span, prompt, v } = search;
  const isCall = trace !== undefined && span !== undefined;
  const recorded = useQuery({ ...recordedCallQuery(trace ?? '', span ?? ''), enabled: isCall });
  const stored = useQuery({
    ...promptVersionQuery(prompt ?? '', v ?? 'latest'),
    enabled: prompt !== undefined,
  });
  const connections = useQuery(connectionsQuery);
  const error = recorded.error ?? stored.error ?? connections.error;
  const isWaiting =
    connections.data === undefined ||
    (isCall && recorded.data === undefined) ||
    (prompt !== undefined && stored.data === undefined);
  if (error !== null)
    return (
      <Page title="Playground" answer="Playground">
        <ErrorNotice
          error={error}
          onRetry={() => void Promise.all([recorded.refetch(), connections.refetch()])}
        />
      </Page>
    );
  if (isWaiting || connections.data === undefined)
    return (
      <Page title="Playground" answer={<SkeletonText width={260} />}>
        {null}
      </Page>
    );
  const known = connections.data.connections;
  const content = isCall ? recorded.data?.content : stored.data?.content;
  const connection = known.find(({ protocol }) => protocol === recorded.data?.protocol) ?? known[0];
  const initial = content === undefined ? emptyDraft : draftOf(content, '');
  return (
    <Playground
      key={`${trace} ${span} ${prompt} ${v}`}
      initial={{ ...initial, connection: connection?.name ?? '' }}
      source={isCall ? { traceId: trace, spanId: span } : undefined}
      recordedAnswer={recorded.data?.answer}
      leftOut={recorded.data?.leftOut ?? []}
      name={prompt ?? recorded.data?.prompt?.name ?? ''}
    />
  );
}

interface PlaygroundProps {
  readonly initial: PlaygroundDraft;
  readonly source: { readonly traceId: string; readonly spanId: string } | undefined;
  readonly recordedAnswer: string | undefined;
  readonly leftOut: readonly string[];
  readonly name: string;
}

function Playground({ initial, source, recordedAnswer, leftOut, name }: PlaygroundProps): ReactElement {
  const [variants, setVariants] = useState<readonly EditedVariant[]>([{ id: 0, draft: initial }]);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [isConnecting, setIsConnecting] = useState(false);
  const [runNr, setRunNr] = useState(0);
  const nextId = useRef(1);
  const connections = useQuery(connectionsQuery).data?.connections ?? [];
  const names = useMemo(() => variablesOf(variants.flatMap(({ draft }) => draft.messages)), [variants]);
  const [onlyConnection] = connections;
  // A connection that was just made is taken where none was chosen.
  useEffect(() => {
    if (onlyConnection !== undefined)
      setVariants((before) =>
        before.map((each) =>
          each.draft.connection === ''
            ? { ...each, draft: { ...each.draft, connection: onlyConnection.name } }
            : each,
        ),
      );
  }, [onlyConnection]);
  const addVariant = (): void => {
    const last = variants.at(-1);
    if (last !== undefined) setVariants([...variants, { id: nextId.current++, draft: last.draft }]);
  };
  return (
    <Page
      title="Playground"
      answer={`${counted(variants.length, 'variant')} of ${source === undefined ? (name === '' ? 'a new prompt' : name) : 'a recorded call'}`}
      detail={
        source === undefined ? (
          'Tools are never executed: a stub answers in their place.'
        ) : (
          <PageLink to={`/traces/${source.traceId}`} search={{ span: source.spanId }}>
            The call as it was
          </PageLink>
        )
      }
      actions={
        <>
          <Button pressed={isConnecting} onClick={() => setIsConnecting(!isConnecting)}>
            Models
          </Button>
          <Button icon="plus" disabled={variants.length >= 6} onClick={addVariant}>
            Variant
          </Button>
          <Button
            look="primary"
            icon="play"
            disabled={connections.length === 0}
            onClick={() => setRunNr(runNr + 1)}
          >
            {variants.length === 1 ? 'Ask' : 'Ask all'}
          </Button>
        </>
      }
    >
      <div className="page-scroll pane-body">
        {(isConnecting || connections.length === 0) && (
          <section>
            {connections.length === 0 && (
              <Notice icon="llm" title="No model can be asked yet">
                <p>
                  Start the server with OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or say below
                  where models are.
                </p>
              </Notice>
            )}
            <ConnectionForm />
          </section>
        )}
        {leftOut.length > 0 && (
          <p className="soft">
            Of the recorded call these cannot be edited here and are left out: {leftOut.join(', ')}.
          </p>
        )}
        {names.length > 0 && (
          <section className="form-row" aria-label="Variables">
            {names.map((each) => (
              <label key={each} className="field">
                <span className="mono">{`{{${each}}}`}</span>
                <input
                  value={values[each] ?? ''}
                  onChange={(event) => setValues({ ...values, [each]: event.target.value })}
                />
              </label>
            ))}
          </section>
        )}
        <div className="variants">
          {variants.map(({ id, draft }, at) => (
            <Variant
              key={id}
              title={variants.length === 1 ? 'Prompt' : `Variant ${at + 1}`}
              draft={draft}
              values={values}
              runNr={runNr}
              source={source}
              promptName={name}
              recordedAnswer={at === 0 ? recordedAnswer : undefined}
              onChange={(changes) =>
                setVariants((before) =>
                  before.map((each) =>
                    each.id === id ? { id, draft: { ...each.draft, ...changes } } : each,
                  ),
                )
              }
              onRemove={
                variants.length === 1
                  ? undefined
                  : () => setVariants(variants.filter((each) => each.id !== id))
              }
            />
          ))}
        </div>
      </div>
    </Page>
  );
}
