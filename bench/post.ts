/** Requests to a server under measurement, over connections that stay open. */
import { Agent, request as httpRequest } from 'node:http';

const agent = new Agent({ keepAlive: true });

/** The status of the answer, and after how many seconds it wants to be asked again. */
export async function post(
  url: string,
  contentType: string,
  body: Buffer,
): Promise<{ status: number; retryAfterS: number }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    const outgoing = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfterS: Number(response.headers['retry-after'] ?? 0),
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

export const closeConnections = (): void => agent.destroy();
