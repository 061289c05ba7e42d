/** `__proto__` as a key must not change the copy's prototype. */
export function defineSafely(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
