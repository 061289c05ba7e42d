/** OpenTelemetry's provider names with two parts, which are kept whole. */
export const providerPrefixes = ['aws.', 'azure.ai.', 'gcp.', 'ibm.'] as const;

/**
 * What others call them → OpenTelemetry's `gen_ai.provider.name`. Looked up with the first three parts of the name, with its first two
 * and with its first (`google.vertex.chat`, `google.vertex`, `google`); AI SDK adds the API as last part. LiveKit gives the host that it calls.
 */
export const providerAliases: Readonly<Record<string, string>> = {
  open_ai: 'openai',
  'openai-responses': 'openai',
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  azureopenai: 'azure.ai.openai',
  'az.ai.openai': 'azure.ai.openai',
  'az.ai.inference': 'azure.ai.inference',
  'azure-ai-inference': 'azure.ai.inference',
  'azure.openai': 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  aws: 'aws.bedrock',
  aws_bedrock: 'aws.bedrock',
  'amazon-bedrock': 'aws.bedrock',
  amazon_bedrock: 'aws.bedrock',
  bedrock_converse: 'aws.bedrock',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  google_genai: 'gcp.gemini',
  'google-genai': 'gcp.gemini',
  'google.generative-ai': 'gcp.gemini',
  'google-gla': 'gcp.gemini',
  google_ai_studio: 'gcp.gemini',
  gcp: 'gcp.gemini',
  vertexai: 'gcp.vertex_ai',
  vertex_ai: 'gcp.vertex_ai',
  vertex: 'gcp.vertex_ai',
  'google.vertex': 'gcp.vertex_ai',
  'google-vertex': 'gcp.vertex_ai',
  google_vertexai: 'gcp.vertex_ai',
  'google.vertex-ai': 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  xai: 'x_ai',
  grok: 'x_ai',
  moonshot: 'moonshot_ai',
  moonshotai: 'moonshot_ai',
  watsonx: 'ibm.watsonx.ai',
  ibm_watsonx: 'ibm.watsonx.ai',
  'watsonx.ai': 'ibm.watsonx.ai',
  cohere_v2: 'cohere',
  perplexity_ai: 'perplexity',
  'vertex ai': 'gcp.vertex_ai',
  googleai: 'gcp.gemini',
  togetherai: 'together',
  together_ai: 'together',
  'generativelanguage.googleapis.com': 'gcp.gemini',
  // Frameworks that name themselves: whose model it is, is not said.
  'strands-agents': '',
  autogen: '',
  crewai: '',
  langchain: '',
  unknown: '',
  spring_ai: '',
  'gcp.vertex.agent': '',
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'api.groq.com': 'groq',
  'api.deepseek.com': 'deepseek',
  'api.mistral.ai': 'mistral_ai',
  'api.perplexity.ai': 'perplexity',
  'api.x.ai': 'x_ai',
  'api.cohere.com': 'cohere',
  'api.together.xyz': 'together',
  'api.moonshot.ai': 'moonshot_ai',
  'openrouter.ai': 'openrouter',
};

/** Hosts with a region, a resource or a project in their names. */
const hostPatterns: readonly (readonly [RegExp, string])[] = [
  [/^[\w-]+\.openai\.azure\.com$/, 'azure.ai.openai'],
  [/^[\w-]+\.(?:services|inference|models)\.ai\.azure\.com$/, 'azure.ai.inference'],
  [/^bedrock-runtime(?:-fips)?\.[\w-]+\.amazonaws\.com$/, 'aws.bedrock'],
  [/^(?:[\w-]+-)?aiplatform\.googleapis\.com$/, 'gcp.vertex_ai'],
];

/** Whose API is served at this host; '' for all others. */
export function providerOfHost(host: string): string {
  if (!host.includes('.')) return '';
  if (Object.hasOwn(providerAliases, host)) return providerAliases[host] ?? '';
  return hostPatterns.find(([pattern]) => pattern.test(host))?.[1] ?? '';
}
