// Knows nothing of Sightline: PostgreSQL and Redis by the usual clients.
import { trace } from '@opentelemetry/api';
import pg from 'pg';
import { createClient } from 'redis';
import { Redis } from 'ioredis';

if (process.env.POSTGRES !== undefined) {
  const pool = new pg.Pool({ connectionString: process.env.POSTGRES });
  const { rows } = await pool.query('select $1::int + 1 as sum', [41]);
  console.log(rows[0].sum);
  await pool.query('select nothing from nowhere').catch((error) => console.log(error.code));
  await pool.end();
}
if (process.env.REDIS !== undefined) {
  const client = createClient({ socket: { path: process.env.REDIS } });
  await client.connect();
  await client.set('greeting', 'hello');
  console.log(await client.get('greeting'));
  await client.close();
  const other = new Redis(process.env.REDIS);
  // This instrumentation records a command only inside a span.
  await trace.getTracer('program').startActiveSpan('request', async (span) => {
    console.log(await other.get('greeting'));
    span.end();
  });
  await other.quit();
}
