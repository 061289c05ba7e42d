import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as anthropic from '@langchain/anthropic';
import * as callbackManager from '@langchain/core/callbacks/manager';
import * as langchain from 'langchain';
import * as zod from 'zod';
import { streamAgent } from '../../langgraph-agent.mjs';
import { startTelemetry } from '../../telemetry.mjs';

const instrumentation = new LangChainInstrumentation();
const telemetry = startTelemetry('weather-bot', [instrumentation]);
instrumentation.manuallyInstrument(callbackManager);
await streamAgent(langchain, anthropic, zod);
await telemetry.stop();
