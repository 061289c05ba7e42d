import type { Socket } from 'node:net';
import { SightlineError } from '@sightline/schema/errors';
import { answerHeaderLines } from '../guard/guard-http.ts';
import type { FastifyReply, FastifyServerOptions } from 'fastify';

/** A sender that needs longer for one request holds memory, which all requests share, for nothing. */
export const requestTimeoutMs = 60_000;

/**
 * Options of a server whose every answer has a code, also those to what never becomes a request of a route: addresses that cannot
 * be decoded, and bytes that are not HTTP.
 */
export const unreadableRequests = {
  requestTimeout: requestTimeoutMs,
  frameworkErrors: (error: Error & { readonly code?: string }, _request: unknown, reply: unknown): void => {
    const isLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
    const failure = badRequest(
      isLong ? 'A part of the address is too long.' : 'The address of the request cannot be decoded.',
    );
    void (reply as FastifyReply).code(failure.status).send(failure.toJSON());
  },
  clientErrorHandler: (error: Error & { readonly code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const { line, why } = statusOf(error.code);
    const body = JSON.stringify(badRequest(why).toJSON());
    const head = `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${answerHeaderLines}\r\n`;
    if (socket.writable) socket.write(head + body);
    socket.destroySoon();
  },
} satisfies Partial<FastifyServerOptions>;

function statusOf(code: string | undefined): { readonly line: string; readonly why: string } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { line: '408 Request Timeout', why: 'The request took too long to arrive.' };
    case 'HPE_HEADER_OVERFLOW':
      return {
        line: '431 Request Header Fields Too Large',
        why: 'The headers of the request are too large.',
      };
    default:
      return { line: '400 Bad Request', why: 'What arrived is not an HTTP/1.1 request.' };
  }
}

function badRequest(message: string): SightlineError {
  return new SightlineError('bad_request', message, { hint: 'Check the program that sends it.' });
}
