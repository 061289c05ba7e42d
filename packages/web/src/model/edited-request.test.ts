import { describe, expect, it } from 'vitest';
import {
  changesOf,
  parametersOf,
  promptTexts,
  recordedRequest,
  recordedResult,
  requestNear,
  requestOfSpan,
  whatIfCommand,
  withParameter,
  withValue,
} from './edited-request.ts';

const chat = {
  model: 'small',
  temperature: 1,
  stream: true,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Why?' }, { type: 'image_url' }] },
  ],
};
const spanWith = (attributes: Record<string, unknown>) => ({
  attributes: attributes as never,
  requestModel: null,
});

describe('a recorded request', () => {
  it('is read from the first exchange that has a body', () => {
    const none = JSON.stringify({ method: 'GET', url: 'http://a/b' });
    const one = JSON.stringify({ method: 'POST', url: 'http://a/b', request: JSON.stringify(chat) });
    expect(recordedRequest(spanWith({ 'sightline.exchange.0': none, 'sightline.exchange.1': one }))).toEqual(
      chat,
    );
    expect(recordedRequest(spanWith({}))).toBeUndefined();
    expect(
      requestOfSpan({ attributes: { 'gen_ai.request.temperature': 0.5 }, requestModel: 'small' }),
    ).toEqual({
      model: 'small',
      temperature: 0.5,
    });
  });

  it.each([
    [chat, ['System, message 1: Be brief.', 'User, message 2: Why?']],
    [
      { system: 'Be brief.', messages: [{ role: 'user', content: 'Why?' }] },
      ['System: Be brief.', 'User, message 1: Why?'],
    ],
    [{ instructions: 'Be brief.', input: 'Why?' }, ['Instructions: Be brief.', 'Input: Why?']],
    [
      {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [{ role: 'user', parts: [{ text: 'Why?' }] }],
      },
      ['System: Be brief.', 'User, message 1: Why?'],
    ],
  ])('has its texts found, whoever it is for: %#', (body, expected) => {
    expect(promptTexts(body).map(({ label, text }) => `${label}: ${text}`)).toEqual(expected);
    for (const { path } of promptTexts(body))
      expect(
        promptTexts(withValue(body, path, 'Other.')).filter(({ text }) => text === 'Other.'),
      ).toHaveLength(1);
  });

  it('is told by what was changed in it', () => {
    const edited = withParameter(
      withParameter(withValue(chat, ['messages', 1, 'content', 0, 'text'], 'How?'), 'model', '7'),
      'temperature',
      '',
    );
    expect(changesOf(chat, edited)).toEqual({
      model: '7',
      temperature: null,
      'messages.1.content.0.text': 'How?',
    });
    expect(changesOf(chat, { ...chat, messages: [] })).toEqual({ messages: [] });
    expect(changesOf(chat, chat)).toEqual({});
    expect(parametersOf(chat).map(({ name, text }) => `${name}=${text}`)).toEqual([
      'model=small',
      'temperature=1',
      'stream=true',
    ]);
  });

  it('becomes a command that a shell takes as it is', () => {
    expect(
      whatIfCommand('abc', { spanId: 'def', set: { 'messages.0.content': "It's, a=b" }, later: 'recorded' }),
    ).toBe(
      String.raw`sightline replay abc --offline --from-span def --set '{"messages.0.content":"It'\''s, a=b"}' --later recorded -- node app.js`,
    );
  });
});

describe('a call that is recorded on the span around it, as those of LangChain are', () => {
  const exchange = (request: object) => JSON.stringify({ method: 'POST', request: JSON.stringify(request) });
  const body = (model: string, ...more: object[]) => ({
    model,
    messages: [{ role: 'system', content: 'Be terse.' }, { role: 'user', content: 'How cold?' }, ...more],
  });
  const turns = [
    { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }] },
    { role: 'tool', tool_call_id: 'c1', content: '-11 degrees' },
  ];
  const root = spanWith({
    'sightline.exchange.0': exchange(body('gpt-4o')),
    'sightline.exchange.1': JSON.stringify({ method: 'GET', url: 'http://127.0.0.1/weather' }),
    'sightline.exchange.2': exchange(body('gpt-4o', ...turns)),
  });
  const text = (role: string, content: string) => ({ role, parts: [{ type: 'text', content }] });
  const call = (...messages: object[]) => ({
    attributes: { 'gen_ai.input.messages': JSON.stringify(messages) },
    requestModel: 'gpt-4o',
  });
  const first = [text('system', 'Be terse.'), text('user', 'How cold?')];

  it('is found by what it asks', () => {
    expect(requestNear(call(...first), [spanWith({}), root])).toEqual(body('gpt-4o'));
    const asked = { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', arguments: {} }] };
    expect(requestNear(call(...first, asked, text('tool', '-11 degrees')), [root])).toEqual(
      body('gpt-4o', ...turns),
    );
  });

  it('is not guessed where nothing asks the same', () => {
    expect(requestNear(call(text('user', 'How warm?')), [root])).toBeUndefined();
    expect(requestNear({ ...call(...first), requestModel: 'gpt-5' }, [root])).toBeUndefined();
    expect(requestNear({ attributes: {}, requestModel: 'gpt-4o' }, [root])).toBeUndefined();
  });
});

describe('a recorded result', () => {
  it('is shown as JSON, or as the text it was', () => {
    expect(recordedResult(spanWith({ 'gen_ai.tool.call.result': '{"a":1}' }))).toBe('{\n  "a": 1\n}');
    expect(recordedResult(spanWith({ 'sightline.result': '12', 'sightline.result.kind': 'text' }))).toBe(
      '12',
    );
    expect(recordedResult(spanWith({}))).toBeUndefined();
  });
});
