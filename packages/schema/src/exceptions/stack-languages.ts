/** How each language writes a stack: what a line of it looks like, as data of `parseStack`. */
import {
  anonymous,
  dotnetNames,
  fileModule,
  goNames,
  javaNames,
  javascriptFunction,
  rubyFunction,
  rustNames,
} from './frame-names.ts';
import { isInApp } from './in-app.ts';
import type { StackFrame, StackLanguage } from './stack-frame.ts';

/** What a line is. `frame` without a value: a line that belongs to the stack and names no call. */
export type StackLine =
  | {
      readonly kind: 'frame';
      readonly frame?: StackFrame;
      /** Type and message, where they stand in the line of the call that threw. */
      readonly header?: string;
      /** The call of the line before made it: calls are written in the order in which they were made. */
      readonly isCalled?: boolean;
    }
  /** Another exception begins, as the cause of the one before it or, in Python, as what came of it. */
  | {
      readonly kind: 'next';
      readonly header: string;
      /** As one of a group. */
      readonly isPart?: boolean;
      /** It was thrown because of the one before it, in a language that writes it the other way as a rule. */
      readonly isOuter?: boolean;
    }
  /** The calls before it handled what went wrong; those behind it did it. */
  | { readonly kind: 'thrown' }
  /** Nothing behind it says what went wrong here. */
  | { readonly kind: 'end' }
  /** The calls of a thread begin. Those of a second one say nothing of what went wrong. */
  | { readonly kind: 'stack' }
  | { readonly kind: 'other' };

export interface LanguageRules {
  readonly language: StackLanguage;
  /** One of these is in every text that `signature` matches. A character is found in 30 ns where an expression takes a microsecond. */
  readonly marks?: readonly string[];
  /** Found in every stack of the language, and in none of those that are tried before it. */
  readonly signature: RegExp;
  /** Python writes the call that threw last, and the root cause first. */
  readonly isReversed?: boolean;
  /** The root cause comes first, and then what was thrown because of it. */
  readonly isRootFirst?: boolean;
  /** Frames that are indented more than the first are of exceptions that were suppressed. */
  readonly hasSuppressed?: boolean;
  read(line: string, after: string): StackLine;
}

const other: StackLine = { kind: 'other' };
const noCall: StackLine = { kind: 'frame' };

function frameOf(
  language: StackLanguage,
  from: {
    readonly module: string;
    readonly function: string;
    readonly file?: string | undefined;
    readonly line?: string | undefined;
    readonly column?: string | undefined;
  },
): StackLine {
  const file = from.file ?? '';
  return {
    kind: 'frame',
    frame: {
      module: from.module,
      function: from.function === '' ? anonymous : from.function,
      file,
      line: from.line === undefined ? undefined : Number(from.line),
      column: from.column === undefined ? undefined : Number(from.column),
      inApp: isInApp(language, file, from.module),
    },
  };
}

function scriptFrame(name: string, location: string): StackLine {
  // Of text that the program ran: what ran it is the frame above.
  if (name.startsWith('eval (') || location.startsWith('eval at ')) return noCall;
  if (location.startsWith('wasm://'))
    return name === '' ? noCall : frameOf('javascript', { module: 'wasm', function: name });
  const place = /:(\d+)(?::(\d+))?$/.exec(location);
  const from = place !== null && location.startsWith('address at ') ? 'address at '.length : 0;
  const address = location.slice(from, place?.index);
  const file = address.includes('://')
    ? address.replace(/^(?:file|webpack(?:-internal)?|app|rsc):\/\//, '')
    : address;
  if (file === '' && name === '') return noCall;
  if (file !== lastScript.file)
    lastScript = { file, module: fileModule(file), inApp: isInApp('javascript', file, '') };
  const { module, inApp } = lastScript;
  return {
    kind: 'frame',
    frame: {
      module,
      function: javascriptFunction(name),
      file,
      line: place?.[1] === undefined ? undefined : Number(place[1]),
      column: place?.[2] === undefined ? undefined : Number(place[2]),
      inApp,
    },
  };
}

/** Calls within one file follow each other: what its name says is worked out once. */
let lastScript = { file: '', module: '', inApp: true };

const javascript: LanguageRules = {
  language: 'javascript',
  signature:
    /^[^\S\n]*at (?:.* \()?[^()\n]*?:\d+:\d+\)?$|^[^\s@]*@(?:https?|file|webpack|app|\/)[^\n]*:\d+:\d+$/m,
  read(line) {
    const text = line.trim();
    if (text.startsWith('at ')) {
      // Node prints properties behind the last call.
      const call = text.slice(
        text.startsWith('async ', 3) ? 'at async '.length : 'at '.length,
        text.endsWith(' {') ? -' {'.length : undefined,
      );
      if (/^Promise\.\w+ \(index \d+\)$/.test(call)) return noCall;
      const open = call.endsWith(')') ? call.lastIndexOf(' (') : -1;
      return open < 0 ? scriptFrame('', call) : scriptFrame(call.slice(0, open), call.slice(open + 2, -1));
    }
    const cause = /^(?:\[cause\]|Caused by): (.*)$/.exec(text);
    if (cause !== null) return { kind: 'next', header: (cause[1] ?? '').replace(/ \{$/, '') };
    // Of an AggregateError: there are as many as failed this time.
    if (text === '[errors]: [') return { kind: 'end' };
    const at = text.indexOf('@');
    if (at < 0 || !/:\d+(?::\d+)?$|@\[native code\]$/.test(text)) return other;
    // Firefox says what a function waited for: `setTimeout handler*load`; Safari has `global code`.
    const name = text.slice(0, at).replace(/^(?:[\w ]{1,40}\*)+/, '');
    if (/^(?:global|module|eval) code$/.test(name)) return scriptFrame('', text.slice(at + 1));
    return /\s/.test(name) ? other : scriptFrame(name, text.slice(at + 1));
  },
};

const python: LanguageRules = {
  language: 'python',
  marks: ['"'],
  signature: /^(?:[^\S\n]|\|)*File "[^"\n]*", line \d+/m,
  isReversed: true,
  read(line) {
    const call = /^[\s|]*File "([^"]*)", line (\d+)(?:, in (.*))?$/.exec(line);
    if (call !== null) {
      const name = (call[3] ?? '').replace(/^.*\./, '');
      return frameOf('python', {
        module: fileModule(call[1] ?? ''),
        function: name.startsWith('<') && name !== '<module>' ? anonymous : name,
        file: call[1],
        line: call[2],
      });
    }
    if (
      /^[\s|+]*(?:During handling of the above exception|The above exception was the direct cause)/.test(line)
    )
      return { kind: 'next', header: '' };
    // A sub-exception of a group.
    if (/^[\s|]*\+-[-+\s]*\d+ -+$/.test(line)) return { kind: 'next', header: '', isPart: true };
    if (/^[\s|]*\+-+$/.test(line)) return noCall;
    if (/^[\s|+]*(?:Exception Group )?Traceback \(most recent call last\):$/.test(line)) return noCall;
    if (/^[\s|]*(?:\[Previous line repeated .*\]|\.\.\.<\d+ lines?>\.\.\.)$/.test(line)) return noCall;
    return other;
  },
};

/** Loaders and modules stand before a name (`app//`, `java.base@21/`), addresses of hidden classes within it (`/0x00007f8b1c0a2000`). */
const javaCall = /^\s+at (?:[\w.@+-]*\/{1,2})?([^\s()/]+(?:\/0x[0-9a-f]+[^\s()/]*)?)\(([^()]*)\)/;

const java: LanguageRules = {
  language: 'java',
  signature:
    /^[^\S\n]+at [^\s()]+\((?:[^()\s]+\.(?:java|kt|kts|scala|groovy|clj)(?::\d+)?|Unknown Source(?::\d+)?|SourceFile(?::\d+)?|Native Method|<generated>)\)/m,
  hasSuppressed: true,
  read(line) {
    const call = javaCall.exec(line);
    if (call !== null) {
      const [file, at] = (call[2] ?? '').split(':');
      if (/GeneratedMethodAccessor|\$\$(?:FastClass|Lambda)|LambdaForm\$/.test(call[1] ?? '')) return noCall;
      const names = javaNames((call[1] ?? '').replace(/\/0x[0-9a-f]+/, ''));
      return frameOf('java', { ...names, file, line: at });
    }
    const cause = /^Caused by: (.*)$/.exec(line);
    if (cause !== null) return { kind: 'next', header: cause[1] ?? '' };
    // Logback and Logstash may write the root cause first.
    const outer = /^Wrapped by: (.*)$/.exec(line);
    if (outer !== null) return { kind: 'next', header: outer[1] ?? '', isOuter: true };
    return /^\s*\.\.\. \d+ (?:more|common frames omitted)$/.test(line) ? noCall : other;
  },
};

const go: LanguageRules = {
  language: 'go',
  marks: ['\t'],
  signature: /^\t\/?[^\s]*\.go:\d+(?: \+0x[0-9a-f]+)?$/m,
  read(line, after) {
    const place = /^\t(.*\.go):(\d+)(?: \+0x[0-9a-f]+)?$/.exec(after);
    if (place !== null && /^\S/.test(line)) {
      const name = line
        .replace(/^created by /, '')
        .replace(/ in goroutine \d+$/, '')
        .replace(/\([^()]*(?:\([^()]*\)[^()]*)*\)$/, (call) => (call.startsWith('(*') ? call : ''));
      // A deferred function that recovered, wrote the stack or panicked anew stands before it.
      if (name === 'panic') return { kind: 'thrown' };
      const names = goNames(name);
      return frameOf('go', { ...names, file: place[1], line: place[2] });
    }
    if (line.startsWith('goroutine ')) return { kind: 'stack' };
    return /^\t|^$/.test(line) ? noCall : other;
  },
};

/** The .NET Framework writes `at`, `in` and `line` in the language of Windows. */
const dotnetAt = '(?:at|bei|à|en|em|in|w|в|konum:|vid|ved|kohteessa|位置|在|場所|위치:)';
const dotnetCall = new RegExp(
  String.raw`^\s+${dotnetAt} (?:async )?([^\s(]+)\(.*\)(?: \S{1,12} (.*):\S{1,12} ?(\d+)\.?)?(?:<---)?\s*$`,
);

const dotnet: LanguageRules = {
  language: 'dotnet',
  marks: ['('],
  signature: new RegExp(
    String.raw`^[^\S\n]+${dotnetAt} [\w.<>\`+|$@,[\]-]+\([^\n]*\)(?: \S{1,12} .*:\S{1,12} ?\d+\.?)?\s*$`,
    'm',
  ),
  read(line) {
    const call = dotnetCall.exec(line);
    if (call !== null)
      return frameOf('dotnet', { ...dotnetNames(call[1] ?? ''), file: call[2], line: call[3] });
    const cause = /^\s*---> (.*)$/.exec(line);
    if (cause !== null) {
      const header = (cause[1] ?? '').replace(/^\(Inner Exception #\d+\) /, '');
      return { kind: 'next', header, isPart: header !== cause[1] };
    }
    return /^\s*--- End of /.test(line) ? noCall : other;
  },
};

const ruby: LanguageRules = {
  language: 'ruby',
  marks: ["'", '`'],
  signature: /^(?:[^\S\n]*from )?[^\s:][^:\n]*:\d+:in [`'][^'\n]*'/m,
  read(line) {
    const call =
      /^\s*(?:from |\d+: from )?((?:[A-Za-z]:)?[^\s:][^:]*):(\d+):in [`']([^']*)'(?:: (.*))?$/.exec(line);
    if (call === null)
      return /^\s*(?:from )?\((?:eval|irb|erb)\b.*:\d+:in |^Traceback \(most recent call last\):$/.test(line)
        ? noCall
        : other;
    const found = frameOf('ruby', {
      module: fileModule(call[1] ?? ''),
      function: rubyFunction(call[3] ?? ''),
      file: call[1],
      line: call[2],
    });
    if (call[4] !== undefined) return { ...found, header: call[4] };
    return /^\s*\d+: from /.test(line) ? { ...found, isCalled: true } : found;
  },
};

const php: LanguageRules = {
  language: 'php',
  isRootFirst: true,
  marks: ['#'],
  signature: /^#\d+ (?:\{main\}|\[internal function\]|[^\s].*\(\d+\)):? ?/m,
  read(line) {
    const call = /^#\d+ (?:(.*?)(?:\((\d+)\))?: )?(.*)$/.exec(line);
    if (call !== null) {
      const [, file = '', at, name = ''] = call;
      if (name === '{main}') return noCall;
      // PHP 8.4 says where a closure is: `{closure:App\Cart::add():12}`.
      const bare = name.replace(/\{closure:.*\}/, '{closure}').replace(/\(.*$/, '');
      const cut = Math.max(bare.lastIndexOf('->'), bare.lastIndexOf('::'));
      const method = cut < 0 ? bare.slice(bare.lastIndexOf('\\') + 1) : bare.slice(cut + 2);
      return frameOf('php', {
        module: cut < 0 ? fileModule(file) : bare.slice(0, cut).replace(/@anonymous.*$/, '@anonymous'),
        function: method.includes('{closure') ? anonymous : method,
        file,
        line: at,
      });
    }
    const next = /^Next (.*)$/.exec(line);
    if (next !== null) return { kind: 'next', header: next[1] ?? '' };
    return /^Stack trace:$|^\s+thrown in /.test(line) ? noCall : other;
  },
};

/** As OpenTelemetry writes it. */
const phpLikeJava: LanguageRules = {
  language: 'php',
  marks: ['.php'],
  signature: /^[^\S\n]+at [^\s()]+\([^()\s]+\.php(?::\d+)?\)/m,
  read(line) {
    const call = /^\s+at ([^\s()]+)\(([^():]+)(?::(\d+))?\)$/.exec(line);
    if (call === null) {
      const cause = /^Caused by: (.*)$/.exec(line);
      if (cause !== null) return { kind: 'next', header: cause[1] ?? '' };
      return /^\s*\.\.\. \d+ more$/.test(line) ? noCall : other;
    }
    const [, name = '', file = '', at] = call;
    if (name === '{main}') return noCall;
    const bare = name.replace(/\{closure:.*\}/, '{closure}');
    const cut = bare.lastIndexOf('.');
    const method = bare.slice(cut + 1);
    return frameOf('php', {
      module: cut < 0 ? fileModule(file) : bare.slice(0, cut),
      function: method.includes('{closure') ? anonymous : method,
      file,
      line: at,
    });
  },
};

const rust: LanguageRules = {
  language: 'rust',
  marks: ['.rs:', '::'],
  signature:
    /^thread .{1,200} panicked at .*\.rs:\d+:\d+:?$|^[^\S\n]+\d+: .*\n[^\S\n]+at [^\n]*\.rs:\d+|^[^\S\n]+\d+:\s+(?:0x[0-9a-f]+ - )?(?:<[^\n]*>|[\w$[\]]+)::[\w:{}<>#&$ ]+(?:::h[0-9a-f]{16})?$/m,
  read(line, after) {
    const call = /^\s+\d+:\s+(?:0x[0-9a-f]+ - )?(.*)$/.exec(line);
    if (call !== null) {
      const place = /^\s+at (.*\.rs):(\d+)(?::\d+)?$/.exec(after);
      // Causes are numbered as well (`1: no such row`), and what has no symbols is `<unknown>`.
      if (place === null && !/^(?:<.*>|[\w$[\]]+)::\S/.test(call[1] ?? '')) return noCall;
      const names = rustNames(call[1] ?? '');
      return frameOf('rust', { ...names, file: place?.[1], line: place?.[2] });
    }
    return /^\s+at |^stack backtrace:$|^note: /.test(line) ? noCall : other;
  },
};

/** In the order in which they are tried. */
export const stackLanguages: readonly LanguageRules[] = [
  python,
  rust,
  go,
  php,
  phpLikeJava,
  ruby,
  java,
  javascript,
  dotnet,
];
