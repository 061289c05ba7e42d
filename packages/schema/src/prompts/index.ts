export { renderMessages, renderText, variablesOf } from './render-prompt.ts';
export { promptText } from './prompt-text.ts';
