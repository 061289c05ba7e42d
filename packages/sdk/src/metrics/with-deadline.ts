/** The promise's value, or a rejection after `timeoutMs`. The timer does not keep the process alive. */
export async function withDeadline<T>(start: () => Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No answer within ${timeoutMs} ms.`)), timeoutMs);
  timer.unref();
  try {
    return await Promise.race([start(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
