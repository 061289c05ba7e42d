/** Forty bugs of five languages, each seen on three machines: other paths, lines, builds, versions of libraries, values and threads. */
import { runInThisContext } from 'node:vm';
import { expect, test } from 'vitest';
import { groupError } from './group-error.ts';
import { reported } from './testing/reported-error.ts';

interface Machine {
  readonly root: string;
  readonly windows: string;
  /** Moves every line. */
  readonly shift: number;
  readonly hash: string;
  readonly libraries: string;
  readonly id: string;
}

const machines: readonly Machine[] = [
  {
    root: '/srv/shop',
    windows: 'C:\\src\\shop',
    shift: 0,
    hash: '4f3a9c1d',
    libraries: '1.2.3',
    id: '7d444840-9dc0-11d1-b245-5ffdce74fad2',
  },
  {
    root: '/home/ann/code/shop-2',
    windows: 'D:\\a\\1\\s',
    shift: 17,
    hash: 'b81e07aa',
    libraries: '2.0.0-rc.1',
    id: '10023',
  },
  {
    root: '/var/task',
    windows: '/_/src',
    shift: 402,
    hash: '00c0ffee',
    libraries: '1.10.0',
    id: '0xdeadbeef',
  },
];

/** Module, function and type; the message has a value in it. */
const bugs = [
  ['cart', 'addItem', 'TypeError', 'cannot add item %'],
  ['cart', 'removeItem', 'TypeError', 'cannot add item %'],
  ['cart', 'addItem', 'RangeError', 'cannot add item %'],
  ['checkout', 'pay', 'PaymentError', 'card % was refused after 3.2 s'],
  ['checkout', 'refund', 'PaymentError', 'card % was refused after 3.2 s'],
  ['search', 'rank', 'IndexError', 'no shard for %'],
  ['stock', 'reserve', 'TimeoutError', 'no answer from http://stock:8080/%'],
  ['stock', 'release', 'TimeoutError', 'no answer from http://stock:8080/%'],
] as const;
type Bug = (typeof bugs)[number];

const capital = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;

const writers: Readonly<Record<string, (bug: Bug, machine: Machine) => string>> = {
  javascript: ([module, name, type, text], { root, shift, hash, libraries, id }) =>
    `${type}: ${text.replace('%', id)}
    at ${capital(module)}.${name} (file://${root}/dist/${module}-${hash}.js?v=${shift}:${10 + shift}:${7 + shift})
    at async handle (${root}/dist/server-${hash}.js:${90 + shift}:3)
    at Layer.handle [as handle_request] (${root}/node_modules/express@${libraries}/lib/layer.js:${95 + shift}:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:${95 + shift}:5)`,
  python: ([module, name, type, text], { root, shift, libraries, id }) =>
    `Traceback (most recent call last):
  File "${root}/.venv/lib/python3.${shift % 14}/site-packages/flask/app.py", line ${1823 + shift}, in full_dispatch_request
    rv = self.dispatch_request()
  File "${root}/app/server.py", line ${12 + shift}, in handle
    return ${module}.${name}(item)
           ^^^^^^^^^^^^^^^^^^^^^^
  File "${root}/app/${module}.py", line ${44 + shift}, in ${name}
    raise ${type}(item)  # ${libraries}
${type}: ${text.replace('%', id)}`,
  java: ([module, name, type, text], { shift, libraries, id }) =>
    `com.shop.errors.${type}: ${text.replace('%', id)}
\tat com.shop.${module}.${capital(module)}Service.lambda$${name}$${shift}(${capital(module)}Service.java:${31 + shift})
\tat java.base/java.util.Optional.map(Optional.java:${260 + shift})
\tat com.shop.${module}.${capital(module)}Service$$EnhancerBySpringCGLIB$$${(shift + 4096).toString(16)}.handle(<generated>)
\tat com.shop.web.Server.handle(Server.java:${77 + shift}) [shop-${libraries}.jar:${libraries}]
\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:${883 + shift})
\tat java.base/java.lang.Thread.run(Thread.java:${840 + shift})`,
  go: ([module, name, type, text], { root, shift, libraries, id }) =>
    `panic: ${type}: ${text.replace('%', id)}

goroutine ${18 + shift} [running]:
github.com/acme/shop/${module}.(*${capital(module)}).${name}(0xc000${(shift + 0x11e000).toString(16)}, {0x${(shift + 0x51).toString(16)}, 0x5})
\t${root}/${module}/${module}.go:${25 + shift} +0x1${shift}
main.handle({0x6f2a20, 0xc0000${shift}})
\t${root}/main.go:${61 + shift} +0x45
net/http.HandlerFunc.ServeHTTP(0xc0000b4000?, {0x7?, 0x8?}, 0x0?)
\t/usr/local/go/src/net/http/server.go:${2136 + shift} +0x29
github.com/gorilla/mux.(*Router).ServeHTTP(0xc0000c0000)
\t${root}/go/pkg/mod/github.com/gorilla/mux@v${libraries}/mux.go:${210 + shift} +0x1cf
created by net/http.(*Server).Serve in goroutine ${1 + shift}
\t/usr/local/go/src/net/http/server.go:${3086 + shift} +0x5cb`,
  dotnet: ([module, name, type, text], { windows, shift, libraries, id }) =>
    `Shop.Errors.${type}: ${text.replace('%', id)}
   at Shop.${capital(module)}.${capital(module)}Service.<${capital(name)}>d__${shift}.MoveNext() in ${windows}\\${capital(module)}Service.cs:line ${52 + shift}
--- End of stack trace from previous location ---
   at System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)
   at Shop.Web.Server.Handle(HttpContext context) in ${windows}\\Server.cs:line ${18 + shift}
   at Microsoft.AspNetCore.Routing.EndpointMiddleware.Invoke(HttpContext httpContext) in /_/v${libraries}/EndpointMiddleware.cs:line ${6 + shift}`,
};

test('the same bug on three machines is one group, and forty bugs are forty groups', () => {
  const keys = new Map<string, string>();
  for (const [language, write] of Object.entries(writers))
    for (const bug of bugs) {
      const name = `${language} ${bug.slice(0, 3).join(' ')}`;
      const groups = machines.map((machine) => groupError(reported(write(bug, machine))));
      expect(
        new Set(groups.map(({ key }) => key)).size,
        `${name}\n${groups.map(({ key }) => key).join('\n')}`,
      ).toBe(1);
      const [group] = groups;
      expect(keys.get(group?.key ?? ''), name).toBeUndefined();
      keys.set(group?.key ?? '', name);
      expect(group?.culprit.toLowerCase(), name).toContain(bug[1].toLowerCase());
    }
  expect(keys.size).toBe(40);
});

test('what an SDK says beside the stack changes no group, whatever service reports it', () => {
  for (const [language, write] of Object.entries(writers)) {
    if (language === 'go') continue;
    const [bug] = bugs;
    const [machine, another] = machines as [Machine, Machine];
    const bare = groupError(reported(write(bug, machine)));
    const said = groupError(
      reported(write(bug, another), {
        type: bug[2],
        message: bug[3].replace('%', another.id),
        service: 'worker',
      }),
    );
    expect(said.key, language).toBe(bare.key);
  }
});

test('real stacks of this engine are one group whatever file the program was built into', () => {
  const program = `
    function inner(value) { throw new RangeError('bad value ' + value); }
    class Cart { add(value) { return [value].map((each) => inner(each)); } }
    new Cart().add(ID);`;
  const stackOf = (file: string, lines: number, value: number): string => {
    try {
      runInThisContext(`(() => {${program.replace('ID', String(value))}})()`, {
        filename: file,
        lineOffset: lines,
      });
    } catch (error) {
      return error instanceof Error ? (error.stack ?? '') : '';
    }
    return '';
  };
  const [first, second, third] = [
    groupError(reported(stackOf('/srv/a/dist/cart.js', 0, 1))),
    groupError(reported(stackOf('/home/b/build/cart-9ab8c7d6.js', 40, 2222))),
    groupError(reported(stackOf('file:///c/cart.mjs', 7, -3))),
  ];
  expect(second?.culprit).toBe('cart:inner');
  expect(second?.key).toBe(first?.key);
  expect(third?.key).toBe(first?.key);
});
