import type { StackLanguage } from './stack-frame.ts';

interface LibraryRule {
  /** Matched with the path of the file as it was reported, with `/` between folders. */
  readonly file?: RegExp;
  /** Matched with the class or package. */
  readonly module?: RegExp;
}

/** Code that is not the program's own: the runtime and what package managers install. Everything else counts as the program's. */
const libraries: Readonly<Record<StackLanguage, LibraryRule>> = {
  javascript: {
    file: /(?:^|\/)node_modules\/|^node:|^internal\/|^native$|^<anonymous>$|^\[native code\]$|^(?:chrome|moz|safari-web)-extension:|^ext:|^https:\/\/(?:deno\.land|esm\.sh|jsr\.io)\/|(?:^|\/)\.(?:yarn|pnpm)\/|^bun:/,
  },
  python: {
    file: /\/(?:site|dist)-packages\/|\/lib\/python\d|\/lib\/pypy|^<frozen |^<string>$|\/Lib\/|\/Python\d+\/lib\/|^\/var\/runtime\/|\.(?:pyx|pxi|pxd)$/,
  },
  java: {
    module:
      /^(?:java|javax|jdk|sun|com\.sun|jakarta|kotlin|kotlinx|scala|groovy|clojure|android|androidx|com\.google\.(?:common|inject)|com\.(?:fasterxml|mysql|amazonaws|mongodb|squareup)|oracle|redis\.clients|feign|retrofit2|rx|software\.amazon|org\.(?:postgresql|mariadb|elasticsearch|slf4j|h2|jetbrains|aspectj|mockito|thymeleaf|quartz|apache|springframework|hibernate|eclipse|jboss|junit|gradle|codehaus|reactivestreams)|io\.(?:lettuce|ktor|r2dbc|netty|micrometer|grpc|reactivex|quarkus|micronaut|vertx|opentelemetry)|reactor|okhttp3|com\.zaxxer|net\.bytebuddy)(?:\.|$)/,
  },
  go: {
    file: /\/pkg\/mod\/|\/usr\/lib\/go|\/usr\/local\/go\/|\/vendor\/|\/libexec\/src\/|@v\d[^/]*\/|^_cgo_gotypes/,
    module:
      /^(?:runtime|net|reflect|sync|testing|syscall|internal|encoding|database|os|io|fmt|context|bufio|bytes|strings|time|errors|log|sort|strconv|regexp|html|text|crypto|compress|math|path|container|archive|cmp|debug|embed|expvar|hash|image|index|iter|maps|mime|plugin|slices|structs|unicode|unique|unsafe|vendor|weak|go|golang\.org\/x)(?:\/|$)/,
  },
  dotnet: {
    module:
      /^(?:System|Microsoft|Newtonsoft|Npgsql|Serilog|Autofac|MediatR|Polly|Grpc|Xunit|NUnit|mscorlib)(?:\.|$)/,
  },
  ruby: { file: /\/gems\/|\/lib\/ruby\/|^<internal:|\/rubygems|\/bundler\// },
  php: {
    file: /\/vendor\/|^\[internal function\]$|^phar:/,
    module:
      /^(?:Symfony|Illuminate|Laravel|Doctrine|GuzzleHttp|Monolog|Composer|Twig|Laminas|PHPUnit|OpenTelemetry|Psr|League)(?:[\\.]|$)/,
  },
  rust: {
    file: /\/rustc\/|\/\.cargo\/|\/rustlib\/|\/library\/(?:std|core|alloc)\//,
    module:
      /^<?(?:std|core|alloc|backtrace|rust_begin_unwind|__rustc?|tokio|futures|hyper|tower|actix|axum|rayon|serde|anyhow|panic_unwind|eyre|color_eyre|tracing|sqlx|reqwest|tonic|test|h2|warp|rocket|async_std)(?:::|$|_)/,
  },
};

/** Whether a frame is the program's own code, by the rules above. */
export function isInApp(language: StackLanguage, file: string, module: string): boolean {
  const { file: files, module: modules } = libraries[language];
  const path = file.includes('\\') ? file.replaceAll('\\', '/') : file;
  if (files?.test(path) === true) return false;
  return modules?.test(module) !== true;
}
