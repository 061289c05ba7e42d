import type { StatusResponse } from '@sightline/schema/api';
import { storedApiKey } from '../api/api-key.ts';
import type { SendTo } from '../model/snippets/snippet.ts';

/** Where this browser's server takes telemetry, with the key that the browser knows. */
export function sendToOf({ endpoints, apiKeyRequired }: StatusResponse): SendTo {
  return {
    server: window.location.origin,
    endpoint: endpoints.otlpHttp,
    apiKey: apiKeyRequired ? (storedApiKey() ?? 'YOUR_API_KEY') : undefined,
  };
}
