import type { ConversationMessage, ConversationTurn } from '@sightline/schema/api';
import { useState, type ReactElement } from 'react';
import { diffLines, foldSame } from '@sightline/base';
import { DiffLines } from '../../widgets/diff-lines.tsx';
import { GraphView } from '../../widgets/graph-view.tsx';
import { MessageView } from '../../widgets/message-view.tsx';
import { ShareBars } from '../../widgets/share-bars.tsx';
import '../../widgets/conversation.css';

const sampleTurn: ConversationTurn = {
  traceId: '',
  spanId: null,
  operation: 'llm',
  name: 'chat',
  agent: 'helper',
  provider: null,
  model: null,
  startTime: '2026-11-21T10:00:00Z',
  durationMs: 1,
  status: { code: 'unset', message: '' },
  isCounted: true,
  follows: null,
  promptMessages: 1,
  foldedMessages: 0,
  input: [],
  output: [],
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 0,
};
const messages: readonly ConversationMessage[] = [
  {
    role: 'user',
    isRepeated: false,
    parts: [{ type: 'text', partId: 'i0.0', text: 'Which **size** fits me? I am 1.78 m.' }],
  },
  {
    role: 'assistant',
    isRepeated: false,
    parts: [
      { type: 'reasoning', partId: 'o0.0', text: 'The size chart knows; the height is given.' },
      {
        type: 'tool_call',
        partId: 'o0.1',
        name: 'size_chart',
        arguments: { height_cm: 178 },
        outcome: {
          from: 'span',
          partId: 't:1',
          spanId: null,
          startTime: null,
          durationMs: 42,
          isError: false,
          statusMessage: null,
          result: { size: 'M', from_cm: 172, to_cm: 181 },
        },
      },
      {
        type: 'tool_call',
        partId: 'o0.2',
        name: 'stock',
        arguments: { size: 'M' },
        outcome: {
          from: 'span',
          partId: 't:2',
          spanId: null,
          startTime: null,
          durationMs: 8000,
          isError: true,
          statusMessage: 'timed out',
          result: 'timed out',
        },
      },
      {
        type: 'text',
        partId: 'o0.3',
        text: 'Take an M:\n\n| size | from | to |\n| --- | --- | --- |\n| M | 172 cm | 181 cm |',
      },
      { type: 'raw', partId: 'o0.4', value: { what: 'nobody can read' } },
    ],
  },
];
const nodes = [
  { id: 'a', label: 'planner', kind: 'Agent', family: 'agent', detail: '1 call · $0.02', hasErrors: false },
  { id: 'm', label: 'gpt-5.4', kind: 'Model', family: 'llm', detail: '3 calls · $0.02', hasErrors: false },
  { id: 't', label: 'search', kind: 'Tool', family: 'tool', detail: '2 calls · 1 failed', hasErrors: true },
] as const;
const edges = [
  { from: 'a', to: 'm', label: '3×', title: 'planner → gpt-5.4: 3 calls', weight: 1, hasErrors: false },
  {
    from: 'a',
    to: 't',
    label: '2×',
    title: 'planner → search: 2 calls, 1 failed',
    weight: 0.6,
    hasErrors: true,
  },
];
const lines = foldSame(
  diffLines('Be brief.\nBe kind.\na\nb\nc\nd\ne\nEnd.', 'Be brief.\nBe exact.\na\nb\nc\nd\ne\nEnd.'),
  1,
);

/** What the views of runs are made of. */
export function AgentSamples(): ReactElement {
  const [selected, setSelected] = useState<string | undefined>(undefined);
  return (
    <>
      <section className="gallery-sample">
        <h2>Messages</h2>
        <div className="gallery-wide">
          {messages.map((message) => (
            <MessageView
              key={message.role}
              message={message}
              turn={sampleTurn}
              isAnswer={message.role === 'assistant'}
              selectedSpan={undefined}
              onSelectSpan={undefined}
            />
          ))}
        </div>
      </section>
      <section className="gallery-sample">
        <h2>Graph</h2>
        <div className="gallery-wide gallery-graph">
          <GraphView
            label="A sample graph"
            nodes={nodes}
            edges={edges}
            selected={selected}
            onSelect={setSelected}
          />
        </div>
      </section>
      <section className="gallery-sample">
        <h2>Difference</h2>
        <div className="gallery-wide">
          <DiffLines lines={lines} />
        </div>
      </section>
      <section className="gallery-sample">
        <div className="gallery-wide">
          <ShareBars
            title="Parts of a whole"
            rows={[
              { key: 'a', label: 'gpt-5.4', value: '$0.015', detail: '3 calls', share: 0.76, family: 'llm' },
              {
                key: 'b',
                label: 'nobody knows',
                value: 'unknown',
                detail: '2 calls',
                share: null,
                family: 'llm',
              },
            ]}
          />
        </div>
      </section>
    </>
  );
}
