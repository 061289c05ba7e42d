/**
 * Keeps what `fetch` sent and got on the span it was called in, so that the run can be replayed. The caller's response streams on
 * as it comes; nothing is read ahead, and what cannot be kept is left out with its reason.
 */
import { activeContext, runInContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { beginNote, type ExchangeNote } from './exchange-note.ts';
import { keptContext } from './record-undici.ts';

/** Wraps the global fetch; returns what takes the wrapper away again. */
export function recordFetch(): () => void {
  const original = globalThis.fetch;
  const wrapped = async function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const note = beginNote(() => ({
      method: init?.method ?? (input instanceof Request ? input.method : 'GET'),
      url: input instanceof Request ? input.url : input.toString(),
    }));
    if (note === undefined) return original(input, init);
    guard('recording a request', () =>
      noteBody(note, init?.body ?? (input instanceof Request ? input.body : null)),
    );
    try {
      return follow(
        note,
        await runInContext(keptContext(activeContext(), note), () => original(input, init)),
      );
    } catch (error) {
      note.failed(error);
      throw error;
    }
  };
  globalThis.fetch = wrapped;
  return () => {
    if (globalThis.fetch === wrapped) globalThis.fetch = original;
  };
}

/** The response to give to the caller: the same, with a body that is noted as it is read. */
function follow(note: ExchangeNote, response: Response): Response {
  guard('recording a response', () => note.response(response.status, (name) => response.headers.get(name)));
  const { body } = response;
  if (body === null) {
    note.finish();
    return response;
  }
  const followed = new Response(noted(note, body), response);
  for (const name of ['url', 'redirected', 'type'] as const)
    Object.defineProperty(followed, name, { value: response[name], configurable: true });
  return followed;
}

function noted(note: ExchangeNote, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    type: 'bytes',
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read();
        if (done) {
          note.finish();
          controller.close();
          // A reader of its own buffer waits for an answer.
          controller.byobRequest?.respond(0);
          return;
        }
        note.chunk(value);
        controller.enqueue(value);
      } catch (error) {
        note.failed(error);
        controller.error(error);
      }
    },
    cancel: async (reason) => {
      note.finish();
      await reader.cancel(reason);
    },
  });
}

/** Texts and bytes can be read here. A stream, a form or a file is read by `recordUndici` while it is sent. */
function noteBody(note: ExchangeNote, body: unknown): void {
  if (body === null) return;
  if (typeof body === 'string') note.request(body);
  else if (body instanceof URLSearchParams) note.request(body.toString());
  else if (body instanceof ArrayBuffer) note.request(new Uint8Array(body));
  else if (ArrayBuffer.isView(body))
    note.request(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  else note.requestBegins();
}
