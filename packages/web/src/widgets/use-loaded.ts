import { useQuery } from '@tanstack/react-query';
import { loadPart } from '../api/load-part.ts';

/**
 * A part of a page that is seen at first sight and comes in a file of its own; undefined until it is there. Not a lazy component: React shows what a boundary waited for 300 ms after
 * its last fallback at the earliest.
 */
export function useLoaded<Part>(name: string, load: () => Promise<Part>): Part | undefined {
  return useQuery({ queryKey: ['loaded', name], queryFn: loadPart(load), staleTime: Infinity }).data;
}
