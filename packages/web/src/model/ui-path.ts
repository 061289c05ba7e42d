/** A path of the UI that the server gives, as links of the product take it. */
export function linkOf(link: string): { readonly to: string; readonly search: Record<string, string> } {
  const url = new URL(link, 'http://ui');
  return { to: url.pathname, search: Object.fromEntries(url.searchParams) };
}
