/**
 * One HTTP address before the nodes of a cluster that carries ON CLUSTER. What carries it in a real one (a thread of the server, over Keeper) the library that
 * chdb brings refuses, right where it would hand a statement over. So this door asks the engine whether it takes the statement for one to be
 * carried, and carries it itself: to every node, without these words. Everything else goes to the first node, so that what should
 * be carried and is not is missing on the others.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { assert } from '@sightline/base';

export interface OnClusterDoor {
  readonly url: string;
  /** How many statements were carried. */
  readonly carried: number;
  close(): Promise<void>;
}

/** As proxies before a server have it: neither the statement of a load nor long parameters fit into an address. */
const maxHeaderSize = 8 << 10;
const words = /\s+ON CLUSTER `?\w+`?/;
/** "Replicated DDL queries are disabled": the engine has read the statement and found that it is for the whole cluster. */
const handedOver = /^Code: 392\. /;

export async function openOnClusterDoor(urls: readonly string[]): Promise<OnClusterDoor> {
  let carried = 0;
  const [first = ''] = urls;
  const carry = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = incoming.url ?? '/';
    const body = await buffer(incoming);
    let answer = await send(first, path, body);
    if (handedOver.test(answer.text)) {
      carried += 1;
      const rest = Buffer.from(body.toString().replace(words, ''));
      const answers = await Promise.all(urls.map(async (url) => send(url, path, rest)));
      answer = answers.find(({ status }) => status !== 200) ?? answer;
      if (handedOver.test(answer.text)) answer = { status: 200, text: '' };
    }
    response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.text);
  };
  // Connections may be idle for as long as a test takes.
  const server = createServer(
    { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize },
    (incoming, response) => {
      const hasData = (incoming.url ?? '').includes('query=');
      const hasParameters = incoming.headers['content-type']?.startsWith('multipart/') === true;
      const isStatement = incoming.method === 'POST' && !hasData && !hasParameters;
      if (isStatement) carry(incoming, response).catch(() => response.destroy());
      else pass(first, incoming, response);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'The door has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    get carried() {
      return carried;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function send(
  url: string,
  path: string,
  body: Buffer,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${url}${path}`, { method: 'POST', body: new Uint8Array(body) });
  return { status: response.status, text: await response.text() };
}

/** As it comes, both ways. */
function pass(url: string, incoming: IncomingMessage, response: ServerResponse): void {
  const outgoing = request(
    `${url}${incoming.url}`,
    { method: incoming.method, headers: incoming.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    },
  );
  outgoing.on('error', () => response.destroy());
  pipeline(incoming, outgoing, () => undefined);
}
