import type { PromptContent } from '../api/prompts.ts';

/** A prompt as lines, so that two versions can be compared by eye. */
export function promptText(content: PromptContent): string {
  const parts = [
    ...(content.model === undefined ? [] : [`model: ${content.model}`]),
    ...Object.entries(content.parameters).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...content.messages.flatMap((message) => [
      '',
      `[${message.role}${message.toolName === undefined ? '' : ` ${message.toolName}`}]`,
      ...(message.content === '' ? [] : message.content.split('\n')),
      ...(message.images ?? []).map((image) =>
        'url' in image
          ? `[image ${image.url}]`
          : `[image ${image.mediaType}, ${image.data.length} characters]`,
      ),
      ...(message.toolCalls ?? []).map(({ name, arguments: given }) => `→ ${name}(${JSON.stringify(given)})`),
    ]),
    ...content.tools.flatMap(({ name, description, parameters }) => [
      '',
      `[tool definition ${name}]`,
      ...(description === '' ? [] : description.split('\n')),
      ...JSON.stringify(parameters, undefined, 2).split('\n'),
    ]),
    ...(content.responseSchema === undefined
      ? []
      : ['', '[response schema]', ...JSON.stringify(content.responseSchema, undefined, 2).split('\n')]),
  ];
  return parts.join('\n').trim();
}
