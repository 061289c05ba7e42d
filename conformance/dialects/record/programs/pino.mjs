import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { startTelemetry } from '../telemetry.mjs';

const telemetry = startTelemetry('weather-bot', [new PinoInstrumentation()]);
const pino = createRequire(import.meta.url)('pino');
const logger = pino({ name: 'weather' });
trace
  .getTracer('app')
  .startActiveSpan(
    'ask',
    { attributes: { 'session.id': 'session-9', correlation_id: 'request-5' } },
    (span) => {
      logger.info({ correlation_id: 'request-5', city: 'Paris' }, 'asking for the weather');
      logger.error(new Error('no answer'), 'the weather service failed');
      span.end();
    },
  );
await telemetry.stop();
