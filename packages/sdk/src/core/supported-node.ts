/** Node 22.15 is the oldest that OpenTelemetry's SDK and our module hooks run on. On an older one the SDK says so and passes everything through. */
import { sayOnce, silenceDiagnostics } from './diagnostics.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

export const isSupportedNode = major > 22 || (major === 22 && minor >= 15);

if (!isSupportedNode) {
  silenceDiagnostics(process.env['OTEL_LOG_LEVEL']?.trim().toLowerCase() === 'none');
  sayOnce(
    'node-version',
    `Sightline needs Node 22.15 or newer and this is Node ${process.versions.node}: nothing is recorded, and the program runs as without it.`,
  );
}
