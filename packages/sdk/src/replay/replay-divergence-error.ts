/** What a call gets that the recording cannot answer. */
export class ReplayDivergenceError extends Error {
  override readonly name = 'ReplayDivergenceError';
}
