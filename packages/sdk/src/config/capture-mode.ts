/** What content is recorded: nothing, content with secrets and personal data masked, or content as it is. */
export type CaptureMode = 'off' | 'masked' | 'full';
