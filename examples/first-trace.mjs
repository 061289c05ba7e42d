import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK({ serviceName: 'hello' });
sdk.start();
trace.getTracer('hello').startActiveSpan('say hello', (span) => span.setAttribute('who', 'world').end());
await sdk.shutdown();
