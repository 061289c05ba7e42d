/** The forms in which programs of eight languages tell of one bug: on other machines, in other builds, by other runtimes. Each list is one group, no two lists are. */
import { expect, test } from 'vitest';
import { groupError } from './group-error.ts';
import { reported } from './testing/reported-error.ts';

const of = (stack: string) => groupError(reported(stack));

interface Bug {
  readonly name: string;
  /** What people are shown as the place. */
  readonly culprit: string;
  readonly stacks: readonly string[];
}

const bugs: readonly Bug[] = [
  {
    name: 'a bundle of Vite, whose hash has letters alone, or a hyphen, in browsers of three makers',
    culprit: 'CartView:addItem',
    stacks: [
      `TypeError: Cannot read properties of undefined (reading 'price')
    at addItem (https://shop.example/assets/CartView-DfKqWxYz.js:2:18193)
    at onClick (https://shop.example/assets/index-BsT3kQ9x.js:40:1022)
    at HTMLButtonElement.<anonymous> (https://shop.example/assets/index-BsT3kQ9x.js:12:77)`,
      `TypeError: Cannot read properties of undefined (reading 'price')
    at addItem (https://next.shop.example/assets/CartView-B-sT3_Q9.js:2:28)
    at onClick (https://next.shop.example/assets/index-LQRHYVPK.js:1:1)
    at HTMLButtonElement.<anonymous> (https://next.shop.example/assets/index-LQRHYVPK.js:1:99)`,
      `TypeError: can't access property "price", item is undefined
addItem@https://shop.example/assets/CartView-ab12CD34.js:2:18193
setTimeout handler*onClick@https://shop.example/assets/index-00000000.js:40:1022
startup/<@https://shop.example/assets/index-00000000.js:12:77`,
    ],
  },
  {
    name: 'webpack with query, chunk number, eval and web assembly in between',
    culprit: 'main:load',
    stacks: [
      `Error: no config
    at load (webpack-internal:///./src/main.ts:12:9)
    at eval (eval at run (/srv/a/node_modules/loader/index.js:9:12), <anonymous>:1:1)
    at boot (/srv/a/.next/server/chunks/4711.js:1:22)`,
      `Error: no config
    at load (webpack-internal:///./src/main.ts?d41d:14:9)
    at wasm://wasm/0f1b2c3a:wasm-function[123]:0x4567
    at eval (eval at other (/home/x/b/node_modules/loader/index.js:19:2), <anonymous>:7:1)
    at boot (/home/x/b/.next/server/chunks/99.js:3:1)`,
      `Error: no config
    at load (file:///C:/b/dist/main.5f2a9c1d.js:1:9)
    at boot (C:\\b\\.next\\server\\chunks\\8f3e2a1b4c5d.js:1:22)`,
    ],
  },
  {
    name: 'an AggregateError of as many as failed',
    culprit: 'mirror:fetchAny',
    stacks: [1, 3].map(
      (count) => `AggregateError: All promises were rejected
    at async fetchAny (/app${count}/mirror.js:3:3) {
  [errors]: [
${Array.from({ length: count }, (_, index) => `    Error: mirror ${index} is away\n        at ask${index} (/app${count}/ask.js:1:1)`).join(',\n')}
  ]
}`,
    ),
  },
  {
    name: 'causes of Node, printed and told',
    culprit: 'db:connect',
    stacks: [
      `Error: cannot start
    at start (/app/main.js:4:9)
    ... 4 lines matching cause stack trace ...
    at async main (/app/main.js:9:3) {
  [cause]: RangeError: bad port 99999
      at connect (/app/db.js:2:11)
      at start (/app/main.js:3:5)
}`,
      `Error: cannot start
    at start (/srv/x/main.js:40:9)
    at async main (/srv/x/main.js:90:3)
Caused by: RangeError: bad port 70000
    at connect (/srv/x/db.js:20:11)
    at start (/srv/x/main.js:30:5)`,
    ],
  },
  {
    name: 'React Native, by Hermes and by JavaScriptCore',
    culprit: 'index.android.bundle:pay',
    stacks: [
      `Error: refused
    at pay (address at index.android.bundle:1:2345)
    at anonymous (address at index.android.bundle:1:99)`,
      `Error: refused
    at pay (address at index.android.bundle:1:9)
    at anonymous (address at index.android.bundle:1:1)`,
    ],
  },
  {
    name: 'an exception group with as many parts as there were tasks, in any order',
    culprit: 'fetch:fetch_one',
    stacks: [
      [1, 'timeout'],
      [3, 'reset'],
    ].map(
      ([count, why]) => `  + Exception Group Traceback (most recent call last):
  |   File "/srv/${why}/app/main.py", line 12, in run
  |     async with asyncio.TaskGroup() as group:
  |                ~~~~~~~~~~~~~~~~~^^
  |   File "/usr/lib/python3.1${count}/asyncio/taskgroups.py", line 145, in __aexit__
  |     raise me from None
  | ExceptionGroup: unhandled errors in a TaskGroup (${count} sub-exceptions)
${Array.from(
  { length: Number(count) },
  (_, index) => `  +-+---------------- ${index + 1} ----------------
    | Traceback (most recent call last):
    |   File "/srv/${why}/app/fetch.py", line ${7 + index}, in fetch_one
    |     raise OSError("${why} ${index}")
    | OSError: ${why} ${index}`,
).join('\n')}
    +------------------------------------`,
    ),
  },
  {
    name: 'Python behind a compiled library, on Windows and on Lambda',
    culprit: 'report:total',
    stacks: [
      `Traceback (most recent call last):
  File "/var/runtime/bootstrap.py", line 60, in handle
    return handler(event)
  File "/var/task/report.py", line 8, in total
    return frame["sum"]
           ~~~~~^^^^^^^
  File "/opt/python/lib/python3.12/site-packages/pandas/core/frame.py", line 4102, in __getitem__
    indexer = self.columns.get_loc(key)
  File "pandas/_libs/index.pyx", line 153, in pandas._libs.index.IndexEngine.get_loc
KeyError: 'sum'`,
      `Traceback (most recent call last):
  File "C:\\jobs\\report.py", line 18, in total
    return frame["sum"]
  File "C:\\Python312\\lib\\site-packages\\pandas\\core\\frame.py", line 9, in __getitem__
    indexer = self.columns.get_loc(key)
  File "pandas\\_libs\\index.pyx", line 53, in pandas._libs.index.IndexEngine.get_loc
KeyError: 'sum'`,
    ],
  },
  {
    name: 'Java 8, 17 and 21, whose lambdas are hidden classes with addresses, with what was suppressed',
    culprit: 'com.shop.Cart:total',
    stacks: [
      `com.shop.CartException: no price
	at com.shop.Cart.lambda$total$0(Cart.java:12)
	at com.shop.Cart$$Lambda$14/1234567.apply(Unknown Source)
	at java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:193)
	at com.shop.Web$$EnhancerBySpringCGLIB$$1a2b3c4d.handle(<generated>)
	at com.shop.Web.handle(Web.java:40)`,
      `com.shop.CartException: no price
	at com.shop.Cart.lambda$total$3(Cart.java:19) ~[app.jar!/:1.2.3]
	at com.shop.Cart$$Lambda/0x00007f8b1c0a2000.apply(Unknown Source) ~[na:na]
	at java.base/java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:197) ~[na:na]
	at com.shop.Web$$SpringCGLIB$$0.handle(<generated>) ~[app.jar!/:1.2.3]
	at app//com.shop.Web.handle(Web.java:44) ~[app.jar!/:1.2.3]
	Suppressed: java.io.IOException: cannot close
		at com.shop.Files.close(Files.java:3)
		... 3 more`,
    ],
  },
  {
    name: 'causes in Java, the deepest decides',
    culprit: 'com.shop.Db:open',
    stacks: [1, 7].map(
      (line) => `java.lang.IllegalStateException: cannot start
	at com.shop.App.start(App.java:${line})
	at com.shop.App.main(App.java:${line + 1})
Caused by: java.sql.SQLException: no such host db-${line}.internal
	at org.postgresql.Driver.connect(Driver.java:${line})
	at com.shop.Db.open(Db.java:${line})
	... ${line} more`,
    ),
  },
  {
    name: 'Kotlin: coroutines, lambdas and what R8 left',
    culprit: 'com.shop.Stock:reserve',
    stacks: [1, 2].map(
      (build) => `java.util.NoSuchElementException: List is empty.
	at com.shop.Stock.reserve$lambda$${build}(Stock.kt:${build}1)
	at com.shop.Stock$reserve$${build}.invokeSuspend(Stock.kt:${build}4)
	at kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)
	at com.shop.Main.main(SourceFile:${build})`,
    ),
  },
  {
    name: 'Scala',
    culprit: 'com.shop.Rank:best',
    stacks: [1, 2].map(
      (build) => `scala.MatchError: ${build}
	at com.shop.Rank$.$anonfun$best$${build}(Rank.scala:${build})
	at scala.collection.immutable.List.map(List.scala:250)
	at com.shop.Rank$.best(Rank.scala:${build}2)`,
    ),
  },
  {
    name: 'Go with all goroutines, and built with -trimpath',
    culprit: 'github.com/acme/shop/cart:Cart.Add',
    stacks: [
      `panic: runtime error: index out of range [5] with length 3

goroutine 19 [running]:
github.com/acme/shop/cart.(*Cart).Add(0xc000112000, {0xc0000b0010, 0x5})
	/home/ann/shop/cart/cart.go:25 +0x1d
main.main.func1()
	/home/ann/shop/main.go:12 +0x29
created by main.main in goroutine 1
	/home/ann/shop/main.go:11 +0x45

goroutine 1 [semacquire]:
sync.runtime_Semacquire(0xc0000b4000?)
	/usr/local/go/src/runtime/sema.go:62 +0x25
main.wait(...)
	/home/ann/shop/wait.go:7
goroutine 7 [IO wait]:
main.listen()
	/home/ann/shop/listen.go:7 +0x1
exit status 2`,
      `panic: runtime error: index out of range [9] with length 9 [recovered]
	panic: runtime error: index out of range [9] with length 9

goroutine 4021 [running]:
panic({0x6f2a20?, 0xc0000b?})
	runtime/panic.go:884 +0x1f
github.com/acme/shop/cart.(*Cart).Add(...)
	github.com/acme/shop/cart/cart.go:31
github.com/gin-gonic/gin.(*Context).Next(0xc0000)
	github.com/gin-gonic/gin@v1.9.1/context.go:174 +0x2
main.main.func1()
	github.com/acme/shop/main.go:14 +0x9
created by main.main in goroutine 1
	github.com/acme/shop/main.go:13 +0x4

goroutine 9 [select]:
main.other()
	github.com/acme/shop/other.go:1 +0x1`,
    ],
  },
  {
    name: '.NET: asynchronous methods, lambdas and the inner exception',
    culprit: 'Shop.Cart:Load',
    stacks: [
      `System.InvalidOperationException: cannot start
 ---> System.FormatException: bad id 17
   at Shop.Cart.<>c__DisplayClass3_0.<<Load>b__0>d.MoveNext() in C:\\src\\Cart.cs:line 12
--- End of stack trace from previous location ---
   at Shop.Cart.Load(Int32 id) in C:\\src\\Cart.cs:line 30
   --- End of inner exception stack trace ---
   at Program.<<Main>$>d__0.MoveNext() in C:\\src\\Program.cs:line 3`,
      `System.InvalidOperationException: cannot start
 ---> System.FormatException: bad id 99
   at Shop.Cart.<>c__DisplayClass8_1.<<Load>b__4>d.MoveNext() in /_/src/Cart.cs:line 14
--- End of stack trace from previous location ---
   at Shop.Cart.<Load>d__7.MoveNext() in /_/src/Cart.cs:line 33
   --- End of inner exception stack trace ---
   at Program.<Main>$(String[] args) in /_/src/Program.cs:line 5`,
    ],
  },
  {
    name: '.NET: an AggregateException of as many as failed',
    culprit: 'Shop.Sync:Push',
    stacks: [0, 2].map(
      (more) => `System.AggregateException: One or more errors occurred. (away ${more})
 ---> System.TimeoutException: away ${more}
   at Shop.Sync.Push(String host) in /src${more}/Sync.cs:line ${more + 4}
   --- End of inner exception stack trace ---
   at Shop.Sync.All() in /src${more}/Sync.cs:line 30${Array.from(
     { length: more },
     (_, index) => `
 ---> (Inner Exception #${index + 1}) System.TimeoutException: away
   at Shop.Sync.Push(String host) in /src${more}/Sync.cs:line ${more + 4}
   --- End of inner exception stack trace ---
   at Shop.Sync.All() in /src${more}/Sync.cs:line 30<---
`,
   ).join('')}`,
    ),
  },
  {
    name: 'Ruby 3.3 and 3.4, whose quotes and names differ, in a template of Rails',
    culprit: 'cart:add',
    stacks: [
      `/srv/a/app/models/cart.rb:12:in \`add': undefined method \`price' for nil (NoMethodError)
	from /srv/a/app/models/cart.rb:7:in \`block in total'
	from /usr/local/bundle/gems/activerecord-7.1.2/lib/active_record/relation.rb:88:in \`each'
	from /srv/a/app/views/cart/show.html.erb:3:in \`_app_views_cart_show_html_erb___2834729834_5120'`,
      `/home/x/app/models/cart.rb:19:in 'Cart#add': undefined method 'price' for nil (NoMethodError)
	from /home/x/app/models/cart.rb:9:in 'block in Cart#total'
	from /home/x/vendor/bundle/ruby/3.4.0/gems/activerecord-8.0.0/lib/active_record/relation.rb:99:in 'ActiveRecord::Relation#each'
	from (eval at /home/x/lib/e.rb:3):1:in 'Object#run'
	from /home/x/app/views/cart/show.html.erb:4:in '_app_views_cart_show_html_erb__1122334455667788_99'`,
    ],
  },
  {
    name: 'PHP with what was thrown before, as PHP 8.3 and 8.4 name closures',
    culprit: 'App\\Db:open',
    stacks: [
      `PDOException: SQLSTATE[HY000] [2002] refused in /var/www/a/src/Db.php:12
Stack trace:
#0 /var/www/a/src/Cart.php(31): App\\Db->open('mysql:host=a')
#1 /var/www/a/src/Cart.php(9): App\\Cart->App\\{closure}(Object(App\\Item))
#2 {main}

Next RuntimeException: cannot load cart 17 in /var/www/a/src/Cart.php:35
Stack trace:
#0 /var/www/a/public/index.php(3): App\\Cart->load(17)
#1 {main}`,
      `PDOException: SQLSTATE[HY000] [2002] refused in /srv/b/src/Db.php:22
Stack trace:
#0 /srv/b/src/Cart.php(41): App\\Db->open('mysql:host=b')
#1 /srv/b/src/Cart.php(19): App\\Cart->{closure:App\\Cart::load():18}(Object(App\\Item))
#2 {main}

Next RuntimeException: cannot load cart 99 in /srv/b/src/Cart.php:45
Stack trace:
#0 /srv/b/public/index.php(5): App\\Cart->load(99)
#1 {main}`,
    ],
  },
  {
    name: 'PHP, thrown outside of any function',
    culprit: 'import:{main}',
    stacks: [3, 9].map(
      (line) => `RuntimeException: no file in /srv/${line}/cron/import.php:${line}\nStack trace:\n#0 {main}`,
    ),
  },
  {
    name: 'PHP, thrown outside of any function of another file',
    culprit: 'export:{main}',
    stacks: [`RuntimeException: no file in /srv/x/cron/export.php:3\nStack trace:\n#0 {main}`],
  },
  {
    name: 'PHP as OpenTelemetry writes it',
    culprit: 'App.Stock:reserve',
    stacks: [12, 80].map(
      (line) => `Exception: stock ${line}
 at App.Stock.reserve(Stock.php:${line})
 at Symfony.Component.HttpKernel.HttpKernel.handle(HttpKernel.php:${line})
 at {main}(index.php:3)`,
    ),
  },
  {
    name: 'Rust with and without lines, with either mangling, behind causes with numbers',
    culprit: 'shop::cart:add',
    stacks: [
      `thread 'main' panicked at src/cart.rs:12:5:
no price
stack backtrace:
   0: rust_begin_unwind
             at /rustc/90b35a6239c3d8bdabc530a6a0816f7ff89a0aaf/library/std/src/panicking.rs:681:5
   1: core::panicking::panic_fmt
             at /rustc/90b35a6239c3d8bdabc530a6a0816f7ff89a0aaf/library/core/src/panicking.rs:75:14
   2: shop::cart::add::{{closure}}
             at ./src/cart.rs:12:5
   3: shop::main
             at ./src/main.rs:4:5
   4: core::ops::function::FnOnce::call_once
             at /rustc/90b3/library/core/src/ops/function.rs:250:5`,
      `thread 'worker-7' panicked at src/cart.rs:14:5:
no price
stack backtrace:
   0:     0x55d0c8a1b2c3 - rust_begin_unwind
   1:     0x55d0c8a1b2c4 - core[8f3c2a1b4c5d6e7f]::panicking::panic_fmt
   2:     0x55d0c8a1b2c5 - shop[0a1b2c3d4e5f6071]::cart::add::{closure#0}
   3:     0x55d0c8a1b2c6 - shop::main::h0123456789abcdef
   4:     0x55d0c8a1b2c7 - <unknown>
   5:     0x7f31c8a1b2c8 - __libc_start_main`,
    ],
  },
  {
    name: 'Rust without calls, before and since 1.73',
    culprit: 'tax:<anon>',
    stacks: [
      `thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', src/tax.rs:4:5
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace`,
      `
thread 'tokio-runtime-worker' (31337) panicked at crates/shop/src/tax.rs:19:5:
index out of bounds: the len is 9 but the index is 9
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace`,
    ],
  },
  {
    name: 'Rust before 1.73, with calls',
    culprit: 'shop::tax:rate',
    stacks: [
      `thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', src/tax.rs:4:5
stack backtrace:
   0: rust_begin_unwind
             at /rustc/90b3/library/std/src/panicking.rs:593:5
   1: shop::tax::rate
             at ./src/tax.rs:4:5`,
      `thread 'main' panicked at src/tax.rs:41:5:
index out of bounds: the len is 1 but the index is 2
stack backtrace:
   0: shop::tax::rate
             at ./src/tax.rs:41:5`,
    ],
  },
  {
    name: 'Go: a nil pointer, whose signal differs between systems, recovered and panicked anew by deferred functions',
    culprit: 'github.com/acme/shop/pay:Gateway.Charge',
    stacks: [
      `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x1234567]

goroutine 42 [running]:
github.com/acme/shop/pay.(*Gateway).Charge(0x0)
	/home/ann/shop/pay/pay.go:25 +0x1d`,
      `panic: runtime error: invalid memory address or nil pointer dereference [recovered, repanicked]
[signal 0xc0000005 code=0x0 addr=0x0 pc=0x1]

goroutine 7 [running]:
github.com/acme/shop/mw.Recover.func1()
	C:/src/shop/mw/mw.go:9 +0x5a
panic({0x45?, 0x48?})
	C:/go/src/runtime/panic.go:884 +0x212
github.com/acme/shop/pay.(*Gateway).Charge(...)
	C:/src/shop/pay/pay.go:31`,
      `panic: runtime error: invalid memory address or nil pointer dereference

goroutine 19 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:24 +0x5e
github.com/acme/shop/api.report(0x1)
	/app/api/report.go:31 +0x45
panic({0x6d0a80?, 0x7c1d10?})
	/usr/local/go/src/runtime/panic.go:770 +0x132
github.com/acme/shop/pay.(*Gateway).Charge(0x0)
	/app/pay/pay.go:55 +0x1d`,
    ],
  },
  {
    name: 'Ruby: a cause in the full message, and the order of a terminal of Ruby 2.7',
    culprit: 'stock:take',
    stacks: [
      `/srv/a/lib/shop.rb:12:in 'Shop#sell': cannot sell 17 (Shop::Error)

    take(17)
    ^^^^
	from /srv/a/lib/api.rb:5:in 'block in Api#call'
/srv/a/lib/stock.rb:3:in 'Stock#take': no answer (Timeout::Error)
within 3 s
	from /srv/a/lib/shop.rb:10:in 'Shop#sell'`,
      `/home/x/lib/shop.rb:19:in \`sell': cannot sell 4 (Shop::Error)
	from /home/x/lib/main.rb:5:in \`<main>'
/home/x/lib/stock.rb:9:in \`take': no answer (Timeout::Error)
	from /home/x/lib/shop.rb:17:in \`sell'`,
    ],
  },
  {
    name: 'Ruby, the last call last',
    culprit: 'stock:count',
    stacks: [
      `Traceback (most recent call last):
	2: from /app/main.rb:9:in \`<main>'
	1: from /app/shop.rb:5:in \`run'
/app/stock.rb:2:in \`count': undefined method \`size' for nil:NilClass (NoMethodError)`,
      `/srv/a/stock.rb:4:in \`count': undefined method \`size' for nil:NilClass (NoMethodError)
	from /srv/a/shop.rb:8:in \`run'
	from /srv/a/main.rb:11:in \`<main>'`,
    ],
  },
  {
    name: 'PHP: what its log says',
    culprit: 'App\\Repo:load',
    stacks: [
      `[24-Nov-2026 21:00:00 Europe/Berlin] PHP Fatal error:  Uncaught Error: Call to a member function id() on null in /var/www/html/src/Repo.php:14
Stack trace:
#0 /var/www/html/index.php(9): App\\Repo->load(17)
#1 {main}
  thrown in /var/www/html/src/Repo.php on line 14`,
      `Error: Call to a member function id() on null in /srv/b/src/Repo.php:19
Stack trace:
#0 /srv/b/index.php(12): App\\Repo->load('a')
#1 {main}`,
    ],
  },
  {
    name: 'Java behind the words of a logger, and the root cause first',
    culprit: 'com.shop.pay.Gateway:charge',
    stacks: [
      `2026-11-24 21:00:00,123 ERROR [http-1] c.s.Orders - order 17 failed
com.shop.OrderException: order 17
	at com.shop.Orders.create(Orders.java:52) ~[classes!/:1.4.2]
Caused by: com.shop.PayException: card 4711 refused
	at com.shop.pay.Gateway.charge(Gateway.java:77)
	... 12 more`,
      `com.shop.PayException: card 5 refused
	at com.shop.pay.Gateway.charge(Gateway.java:81)
Wrapped by: com.shop.OrderException: order 4
	at com.shop.Orders.create(Orders.java:58)
	... 12 common frames omitted`,
    ],
  },
  {
    name: '.NET Framework on a Windows in German and in French',
    culprit: 'Shop.Stock:Count',
    stacks: [
      `System.NullReferenceException: Der Objektverweis wurde nicht auf eine Objektinstanz festgelegt.
   bei Shop.Stock.Count(Int32 id) in C:\\src\\Stock.cs:Zeile 9.
   bei System.Linq.Enumerable.Sum[TSource](IEnumerable\`1 source)`,
      `System.NullReferenceException: La référence d'objet n'est pas définie.
   à Shop.Stock.Count(Int32 id) dans D:\\b\\Stock.cs:ligne 12
   à System.Linq.Enumerable.Sum[TSource](IEnumerable\`1 source)`,
      `System.NullReferenceException: Object reference not set.
   at Shop.Stock.Count(Int32 id)`,
    ],
  },
];

test('each form of a bug is of its group, and no two bugs are one', () => {
  const known = new Map<string, string>();
  for (const { name, culprit, stacks } of bugs) {
    const groups = stacks.map(of);
    expect(new Set(groups.map(({ key }) => key)), name).toHaveProperty('size', 1);
    expect(groups[0]?.culprit, name).toBe(culprit);
    const [key = ''] = groups.map((group) => group.key);
    expect(known.get(key), name).toBeUndefined();
    known.set(key, name);
  }
});

test('type and message stand where each language writes them', () => {
  const said = (stack: string) => {
    const { type, message } = of(stack);
    return [type, message];
  };
  expect(
    said(`/a/cart.rb:12:in 'Cart#add': no price (Cart::NotFound)
for 17

    price(17)
    ^^^^^
	from /a/api.rb:5:in 'Api#call'`),
  ).toEqual(['Cart::NotFound', 'no price for <number>']);
  expect(
    said(`ERROR could not save 7
com.acme.PayException: card 9 refused
	at com.acme.Pay.charge(Pay.java:3)`),
  ).toEqual(['com.acme.PayException', 'card <number> refused']);
  expect(
    said(`PHP Fatal error:  Uncaught App\\NoRow: no row 7 in /srv/a/Db.php:3
Stack trace:
#0 /srv/a/index.php(9): App\\Db->get(7)
#1 {main}`),
  ).toEqual(['App\\NoRow', 'no row <number>']);
  expect(
    of(`** (ArgumentError) bad thing 17\n    (shop 0.1.0) lib/shop/cart.ex:12: Shop.Cart.add/2`).message,
  ).toBe('** (ArgumentError) bad thing <number>');
});
