import { BedrockInstrumentation } from '@arizeai/openinference-instrumentation-bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createRequire } from 'node:module';
import { getWeather, question, system } from '../../conversations.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const telemetry = startTelemetry('weather-bot', [new BedrockInstrumentation()]);
const { BedrockRuntimeClient, ConverseCommand } = createRequire(import.meta.url)(
  '@aws-sdk/client-bedrock-runtime',
);
const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  endpoint: process.env.PROTOCOL_URL,
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  requestHandler: new NodeHttpHandler(),
});
const inputSchema = { json: { type: 'object', properties: { city: { type: 'string' } } } };
const request = {
  modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  system: [{ text: system }],
  toolConfig: { tools: [{ toolSpec: { name: 'get_weather', description: 'The weather.', inputSchema } }] },
};
const messages = [{ role: 'user', content: [{ text: question }] }];
const { output } = await client.send(new ConverseCommand({ ...request, messages }));
const { toolUse } = output.message.content[0];
const toolResult = { toolUseId: toolUse.toolUseId, content: [{ text: getWeather(toolUse.input) }] };
messages.push(output.message, { role: 'user', content: [{ toolResult }] });
await client.send(new ConverseCommand({ ...request, messages }));
await telemetry.stop();
