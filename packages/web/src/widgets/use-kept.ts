import { useRef } from 'react';
import { UnreachableError } from '../api/client.ts';

/** The last answer there was, while the server is gone: what is on the screen stays there. */
export function useKept<T>(data: T | undefined, error: Error | null): T | undefined {
  const last = useRef(data);
  if (data !== undefined) last.current = data;
  return data ?? (error instanceof UnreachableError ? last.current : undefined);
}
