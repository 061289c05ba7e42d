import type { SendTelemetry } from '@sightline/demo';
import { demoDocuments, statusResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { badOption } from '../arguments/options.ts';
import { createApiClient } from '../client/api-client.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { counted, formatCount, formatDurationMs } from '@sightline/base';
import { sendRequest } from '../transfer/send-requests.ts';

const defaultHistoryMs = 30 * 60_000;
const historyMsMax = 24 * 3_600_000;
const defaultRate = 0.6;
/** After Ctrl-C what is measured is still sent, but a server that stays away is not waited for any longer than this. */
const lastSendMsMax = 5000;

export const demoCommand: Command = {
  name: 'demo',
  summary: 'Fill the server with the life of a shop and its AI agents.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {
    history: {
      type: 'string',
      value: 'time',
      about: 'Begin this far back, up to 24h; 0s for none.',
      initial: '30m',
    },
    rate: {
      type: 'string',
      value: 'number',
      about: 'Requests a second, on average.',
      initial: String(defaultRate),
    },
    duration: {
      type: 'string',
      value: 'time',
      about: 'Stop after so much live time; 0s: only the history. Default: Ctrl-C.',
    },
    once: { type: 'boolean', about: 'Every scenario once, then stop.' },
    seed: {
      type: 'string',
      value: 'number',
      about: 'The same seed tells the same story. Default: a new one each time.',
    },
  },
  details:
    'Eight services of a made-up shop (web-api, agent-orchestrator, rag-retriever, vector-db, llm-gateway in two versions,\n' +
    'mcp-tools, billing-worker) send traces, logs and metrics through the OpenTelemetry SDK: a support agent, a research\n' +
    'agent and a code-review agent with retrieval, tools over MCP, streaming, rate limits, time-outs, fallbacks and errors.\n' +
    'Beside them, colleagues work with a coding agent.',
  examples: [
    { line: 'sightline demo', about: 'the last half hour at once, then live until Ctrl-C' },
    { line: 'sightline demo --once', about: 'one round, for a script' },
    {
      line: 'sightline demo --history 6h --rate 2 --duration 0s',
      about: 'six hours of the past, and no more',
    },
  ],
  run: async (invocation) => {
    const { client, options, output, signal } = invocation;
    const once = options.has('once');
    const historyMs = options.durationMs('history') ?? defaultHistoryMs;
    if (historyMs > historyMsMax)
      throw badOption(`--history is "${options.text('history')}", but takes at most 24h.`);
    const seed = options.integer('seed', { min: 0, max: 4_294_967_295 }) ?? Date.now() % 4_294_967_296;
    const liveMs = once ? undefined : options.durationMs('duration');
    // A clear answer before the work begins, should nobody be there.
    await client.get('status', {}, statusResponse);
    // The OpenTelemetry SDK is loaded by the one verb that needs it.
    const { runDemo } = await import('@sightline/demo');
    const apiKey = options.text('api-key') ?? (invocation.env.SIGHTLINE_API_KEY || undefined);
    let documentsMade: Promise<void> | undefined;
    const sent = await runDemo({
      send: sending({ url: client.url, apiKey, abort: signal }),
      once,
      historyMs,
      seed,
      rate: options.number('rate', { min: 0.01, max: 50 }) ?? defaultRate,
      liveMs,
      abort: signal,
      onLive: ({ spans, logs }) => {
        documentsMade = makeDocuments(invocation);
        if (once || output.json) return;
        const next = liveMs === 0 ? '' : ' Going on live.';
        output.line(`The past is there: ${counted(spans, 'span')}, ${counted(logs, 'log line')}.${next}`);
        announce(invocation);
      },
      onProgress: ({ live, played, active, sent: now }) => {
        const spans = counted(now.spans, 'span');
        if (live && !once)
          output.status(
            `live: ${spans}, ${counted(now.logs, 'log line')}, ${active} requests under way${describeFailures(now)}`,
          );
        else output.progress(played, once ? spans : `of the last ${formatDurationMs(historyMs)}, ${spans}`);
      },
    });
    await (documentsMade ?? makeDocuments(invocation));
    output.status('');
    if (output.json) output.document({ ...sent, seed, url: client.url });
    else {
      output.line(
        `Sent ${counted(sent.spans, 'span')} and ${counted(sent.logs, 'log line')}${describeFailures(sent)}.`,
      );
      if (once) announce(invocation);
    }
    if (signal.aborted) return exitCodes.interrupted;
    return sent.failed > 0 ? exitCodes.failure : exitCodes.ok;
  },
};

/** What the server makes when it loads the demo itself. SLOs count the last day, so the past is sent first. The demo goes on without. */
async function makeDocuments({ client, output, signal }: Invocation): Promise<void> {
  try {
    await client.post('demo/documents', {}, demoDocuments);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof SightlineError)) throw error;
    output.note(`The SLOs, prompts and experiments of the demo were not made: ${error.message}`);
  }
}

/** OTLP to the receivers on the server's own port, so that one address is enough. */
function sending({
  url,
  apiKey,
  abort,
}: {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly abort: AbortSignal;
}): SendTelemetry {
  const stop = new AbortController();
  abort.addEventListener('abort', () => setTimeout(() => stop.abort(), lastSendMsMax).unref());
  const client = createApiClient({ url, apiKey, signal: stop.signal });
  return async (signal, request) => {
    const { rejected, message } = await sendRequest(signal, request, {
      client,
      abort: stop.signal,
      onWait: () => {},
    });
    if (rejected > 0) throw new Error(message);
  };
}

function announce({ client, output }: Invocation): void {
  output.line(`Open ${output.style.accent(`${client.url}/traces`)}`);
}

function describeFailures({
  failed,
  lastFailure,
}: {
  readonly failed: number;
  readonly lastFailure: string;
}): string {
  return failed === 0 ? '' : `; ${formatCount(failed)} not taken (${lastFailure})`;
}
