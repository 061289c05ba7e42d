import { expect, test } from 'vitest';
import { startClickHouse } from './testing/clickhouse-server.ts';
import { describeEscapes } from './testing/describe-escapes.ts';
import { mine, TypedSqlTrial } from './testing/typed-sql-trial.ts';

describeEscapes('a ClickHouse server', async () => {
  const servers = await startClickHouse();
  return { trial: await TypedSqlTrial.open({ urls: servers.urls }), end: async () => servers.close() };
});

test('typed SQL goes to the server as the user it has, and nothing else does', async () => {
  const servers = await startClickHouse();
  const seen: string[] = [];
  // Between the store and the server: who asks what.
  const { createServer } = await import('node:http');
  const between = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const user = Buffer.from(
        (request.headers.authorization ?? '').replace('Basic ', ''),
        'base64',
      ).toString();
      seen.push(`${user} ${Buffer.concat(chunks).toString().slice(0, 40)}`);
      void fetch(`${servers.urls[0]}${request.url ?? ''}`, {
        method: request.method ?? 'POST',
        body: request.method === 'GET' ? null : Buffer.concat(chunks),
        headers: { 'content-type': request.headers['content-type'] ?? 'text/plain' },
      }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    });
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  const address = between.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const trial = await TypedSqlTrial.open({
    urls: servers.urls,
    typedUrls: [`http://reader:reads@127.0.0.1:${port}`],
  });
  try {
    seen.length = 0;
    await trial.store.query({ sql: 'SELECT 1' });
    expect(seen).toEqual([]);
    const { rows } = await trial.store.queryUntrusted({
      sql: 'SELECT count() AS n FROM spans',
      project: mine,
    });
    expect(rows).toEqual([{ n: '80' }]);
    // This engine has one user, who may do everything: that is told of the user for typed SQL.
    const { excessGrants } = await trial.store.inspect();
    expect(excessGrants).toEqual(
      expect.arrayContaining(['SOURCES', 'FILE', 'URL', 'REMOTE', 'SELECT ON *.*']),
    );
    expect(seen.pop()).toMatch(/^reader:reads SHOW GRANTS/);
    expect(seen).toEqual([expect.stringMatching(/^reader:reads SELECT count\(\) AS `n`/)]);
  } finally {
    await trial.close();
    await servers.close();
    await new Promise((resolve) => between.close(resolve));
  }
});
