/** Names of a frame without what differs between machines, paths and builds of one program. */

export const anonymous = '<anon>';

/** A file's name without folders, query, suffix and the hash of a bundle: `/app/dist/main-4f3a9c1d.js?v=2` is `main`. */
export function fileModule(file: string): string {
  const path = file.replace(/[?#].*$/, '').replaceAll('\\', '/');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const stem = name.replace(/(?:\.min|\.bundle|\.chunk)?\.[A-Za-z]{1,5}$/, '');
  return withoutBundleHash(stem);
}

const hashLengthMin = 6;

/** Bundlers write a hash behind a dot or a hyphen; a hash has a digit. */
function withoutBundleHash(stem: string): string {
  const at = Math.max(stem.lastIndexOf('.'), stem.lastIndexOf('-'));
  if (at <= 0) return stem;
  const tail = stem.slice(at + 1);
  const isHash = tail.length >= hashLengthMin && /\d/.test(tail) && /^\w+$/.test(tail);
  return isHash ? stem.slice(0, at) : stem;
}

/** `Object.Foo.bar [as baz]` and `new Foo` name what other engines call `bar` and `Foo`. */
export function javascriptFunction(name: string): string {
  const bare = name.replace(/ \[as [^\]]*\]$/, '').replace(/^(?:async\*?|new|get|set) ?(?=\S)/, '');
  const last = bare.slice(bare.lastIndexOf('.') + 1);
  return last === '' || last.startsWith('<') || last === 'anonymous' ? anonymous : last;
}

/** Classes and methods that the JVM's proxies and lambdas make names for. */
export function javaNames(qualified: string): { readonly module: string; readonly function: string } {
  const at = qualified.lastIndexOf('.');
  const name = qualified.slice(at + 1);
  const owner = qualified
    .slice(0, Math.max(at, 0))
    .replace(/\$\$(?:Enhancer|FastClass|Lambda|SpringCGLIB)[^.]*$/, '')
    .replace(/\$Proxy\d+$/, '$Proxy')
    .replace(/(?:\$\d+)+$/, '');
  return { module: owner, function: /^lambda\$([^$]+)\$/.exec(name)?.[1] ?? name };
}

/** Async methods and lambdas are classes with signs in their names: `Cart.<Add>d__5.MoveNext` is `Cart` and `Add`. */
export function dotnetNames(qualified: string): { readonly module: string; readonly function: string } {
  const made = /^(.*?)[.+](?:<>c(?:__DisplayClass[\d_]+)?[.+])?<([^>]+)>[bdg]__[^.]*(?:\.MoveNext)?$/.exec(
    qualified,
  );
  if (made !== null) return { module: bareGeneric(made[1] ?? ''), function: made[2] ?? anonymous };
  const constructor = qualified.endsWith('..ctor') || qualified.endsWith('..cctor');
  const at = constructor ? qualified.lastIndexOf('..') : qualified.lastIndexOf('.');
  return {
    module: bareGeneric(qualified.slice(0, Math.max(at, 0))),
    function: bareGeneric(qualified.slice(at + 1)),
  };
}

function bareGeneric(name: string): string {
  return name.replace(/`\d+/g, '').replace(/\[[^\]]*\]/g, '');
}

/** `github.com/acme/shop/v2/cart.(*Cart).Add.func1` is the package `github.com/acme/shop/cart` and `Cart.Add`. */
export function goNames(qualified: string): { readonly module: string; readonly function: string } {
  const slash = qualified.lastIndexOf('/');
  const dot = qualified.indexOf('.', slash + 1);
  if (dot < 0) return { module: '', function: qualified };
  return {
    module: qualified
      .slice(0, dot)
      .replace(/@v[^/]*/, '')
      .replace(/\/v\d+(?=\/|$)/, ''),
    function: qualified
      .slice(dot + 1)
      .replace(/\[[^\]]*\]/g, '')
      .replace(/[(*)]/g, '')
      .replace(/(?:\.(?:func)?\d+|\.gowrap\d+|-fm|-range\d+)+$/, ''),
  };
}

/** `block (2 levels) in Cart#add` is `add`. */
export function rubyFunction(name: string): string {
  const method = name.replace(/^(?:block|rescue|ensure)(?: \(\d+ levels\))? in /, '').replace(/^.* in /, '');
  const last = method.slice(Math.max(method.lastIndexOf('#'), method.lastIndexOf('.')) + 1);
  return last === '' || last.startsWith('<') ? anonymous : last;
}

/** `shop::cart::add::{{closure}}::h0123456789abcdef` is `shop::cart` and `add`. */
export function rustNames(qualified: string): { readonly module: string; readonly function: string } {
  const bare = qualified
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/::\{\{?[^}]*\}?\}/g, '')
    .replace(/::<[^>]*>/g, '');
  const at = bare.lastIndexOf('::');
  return at < 0
    ? { module: '', function: bare }
    : { module: bare.slice(0, at), function: bare.slice(at + 2) };
}
