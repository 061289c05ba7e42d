import { useRef } from 'react';
import { ApiError } from '../api/client.ts';

/** The last answer there was, while asking again fails: what is on the screen stays there. `KeptNote` says so. */
export function useKept<T>(data: T | undefined, error: Error | null): T | undefined {
  const last = useRef(data);
  if (data !== undefined) last.current = data;
  return data ?? (error !== null && mayPass(error) ? last.current : undefined);
}

/** Whether the same question may be answered later. What is wrong with the question itself has to be seen. */
export function mayPass(error: Error): boolean {
  return !(error instanceof ApiError) || error.status === 422 || error.status === 429 || error.status >= 500;
}
