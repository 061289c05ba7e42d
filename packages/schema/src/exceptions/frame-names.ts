/** Names of a frame without what differs between machines, paths and builds of one program. */

export const anonymous = '<anon>';

/** A file's name without folders, query, suffix and the hash of a bundle: `/app/dist/main-4f3a9c1d.js?v=2` is `main`. */
export function fileModule(file: string): string {
  const query = file.search(/[?#]/);
  const path = query < 0 ? file : file.slice(0, query);
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const stem = name.replace(/(?:\.min|\.bundle|\.chunk)?\.[A-Za-z]{1,5}$/, '');
  // Of a bundle that has no name but its number or hash.
  return /^(?:\d+|(?=\D*\d)[0-9a-f]{8,})$/.test(stem) ? '' : withoutBundleHash(stem);
}

const hashLengthMin = 6;

/** Eight letters, digits, `-` and `_`, as Vite and esbuild write them: no word, nor several (`MainView`). */
const shortHash = /^(?![A-Z]?[a-z]+$)(?!(?:[A-Z]?[a-z]{2,})+$)(?=.*[A-Z\d])[\w-]{8}$/;

/** Bundlers write a hash behind a dot or a hyphen; a hash has a digit, or is none of a word's forms. */
function withoutBundleHash(stem: string): string {
  if (/[.-]/.test(stem.at(-9) ?? '') && stem.length > 9 && shortHash.test(stem.slice(-8)))
    return stem.slice(0, -9);
  const at = Math.max(stem.lastIndexOf('.'), stem.lastIndexOf('-'));
  if (at <= 0) return stem;
  const tail = stem.slice(at + 1);
  const isHash = tail.length >= hashLengthMin && /\d/.test(tail) && /^\w+$/.test(tail);
  return isHash ? stem.slice(0, at) : stem;
}

/** `Object.Foo.bar [as baz]` and `new Foo` name what other engines call `bar` and `Foo`. */
export function javascriptFunction(name: string): string {
  const bare = /[ *]/.test(name)
    ? name.replace(/ \[as [^\]]*\]$/, '').replace(/^(?:async\*|(?:async|new|get|set) )(?=\S)/, '')
    : name;
  // Firefox names functions within others `outer/inner` and those without a name `outer/<`.
  const last = bare.slice(Math.max(bare.lastIndexOf('.'), bare.lastIndexOf('/')) + 1);
  return last === '' || last.startsWith('<') || last === 'anonymous' ? anonymous : last;
}

/** Classes and methods that the JVM's proxies and lambdas make names for. */
export function javaNames(qualified: string): { readonly module: string; readonly function: string } {
  const at = qualified.lastIndexOf('.');
  const name = qualified.slice(at + 1);
  const owner = qualified
    .slice(0, Math.max(at, 0))
    .replace(
      /\$(?:\$(?:Enhancer|FastClass|Lambda|SpringCGLIB|anonfun)|ByteBuddy|HibernateProxy|MockitoMock|_WeldClientProxy|_Subclass)[^.]*$/,
      '',
    )
    .replace(/\$Proxy\d+$/, '$Proxy')
    .replace(/(?:\$\d+)+$/, '')
    .replace(/\$$/, '');
  // Lambdas of Java, Scala and Kotlin.
  const lambda = /^(?:lambda\$|\$anonfun\$)([^$]+)\$/.exec(name)?.[1];
  return { module: owner, function: lambda ?? name.replace(/(?:\$lambda)?(?:[$-]\d+)+$/, '') };
}

/** Async methods and lambdas are classes with signs in their names: `Cart.<Add>d__5.MoveNext` is `Cart` and `Add`. */
export function dotnetNames(qualified: string): { readonly module: string; readonly function: string } {
  const made =
    /^(.*?)[.+](?:<>c(?:__DisplayClass[\d_]+)?(?:`\d+)?[.+])?<<?([^<>]+)>(?:[bdg]__[^.<>]*|\$)?(?:>[bdg][^.<>]*)?(?:\.MoveNext)?$/.exec(
      qualified.replace(/\[[^\]]*\]/g, ''),
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

/** `block (2 levels) in Cart#add` is `add`. Methods that Rails makes of templates have numbers of the process in their names. */
export function rubyFunction(name: string): string {
  const method = name
    .replace(/_{2,3}\d+_\d+$/, '')
    .replace(/^(?:block|rescue|ensure)(?: \(\d+ levels\))? in /, '')
    .replace(/^.* in /, '');
  const last = method.slice(Math.max(method.lastIndexOf('#'), method.lastIndexOf('.')) + 1);
  return last === '' || last.startsWith('<') ? anonymous : last;
}

/** `shop::cart::add::{{closure}}::h0123456789abcdef` is `shop::cart` and `add`. */
export function rustNames(qualified: string): { readonly module: string; readonly function: string } {
  const bare = qualified
    .replace(/::h[0-9a-f]{16}$/, '')
    .replace(/\[[0-9a-f]{8,16}\]/g, '')
    .replace(/::\{\{?[^}]*\}?\}/g, '')
    .replace(/::<[^>]*>/g, '');
  const at = bare.lastIndexOf('::');
  return at < 0
    ? { module: '', function: bare }
    : { module: bare.slice(0, at), function: bare.slice(at + 2) };
}
