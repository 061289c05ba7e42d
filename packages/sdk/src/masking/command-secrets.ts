/**
 * Passwords that a program takes behind a short option, glued to it or as the next word: `mysql -pSecret`, `sshpass -p secret`,
 * `redis-cli -a secret`, in a command line and in a list of arguments. The same letter is something else to most programs
 * (`cp -p file`, `docker run -p 80:80`), so a rule begins with the name of a program. Each word is read once.
 */
import { placeholder } from './placeholder.ts';

interface CommandRule {
  readonly programs: RegExp;
  readonly options: readonly string[];
  /** How the program takes the value: `-pvalue`, `-p value`, or both. */
  readonly takes: 'glued' | 'next' | 'both';
  /** The value is `user:password`, and only the password is masked. */
  readonly isUser?: true;
  /** The program runs another: its own options end where the name of that one stands. */
  readonly isWrapper?: true;
  /** The word that must stand before the option. */
  readonly subcommand?: string;
}

const rules: readonly CommandRule[] = [
  // `-p value` asks for the password, and the value is the name of a database.
  {
    programs:
      /mysql(?:dump|admin|import|check|show|sh|slap|binlog|pump)?|mariadb(?:-(?:dump|admin|import|check|show|slap|binlog|backup))?|mariabackup|xtrabackup/,
    options: ['-p'],
    takes: 'glued',
  },
  { programs: /7z[ar]?/, options: ['-p'], takes: 'glued' },
  { programs: /sshpass/, options: ['-p'], takes: 'both', isWrapper: true },
  { programs: /mongo(?:sh|dump|restore|export|import|stat|top|files)?/, options: ['-p'], takes: 'both' },
  { programs: /cqlsh|rabbitmqadmin|mydumper|myloader/, options: ['-p'], takes: 'next' },
  {
    programs: /docker|podman|nerdctl|buildah|skopeo|helm|oras|crane|az|oc/,
    options: ['-p'],
    takes: 'both',
    subcommand: 'login',
  },
  { programs: /redis-cli|valkey-cli|keydb-cli/, options: ['-a'], takes: 'next' },
  { programs: /ldap(?:search|add|modify|delete|whoami|passwd|compare)/, options: ['-w'], takes: 'both' },
  { programs: /sqlcmd|bcp|zip|unzip/, options: ['-P'], takes: 'both' },
  { programs: /mosquitto_(?:pub|sub|rr)/, options: ['-P'], takes: 'next' },
  { programs: /openssl/, options: ['-pass', '-passin', '-passout'], takes: 'next' },
  {
    programs: /keytool|jarsigner/,
    options: ['-storepass', '-keypass', '-srcstorepass', '-deststorepass'],
    takes: 'next',
  },
  { programs: /curl/, options: ['-u', '-U', '--user', '--proxy-user'], takes: 'both', isUser: true },
  { programs: /https?|xhs?/, options: ['-a', '--auth'], takes: 'both', isUser: true },
];

const nameOf = (rule: CommandRule) => `(?:${rule.programs.source})`;
const isProgram = new RegExp(`^(?:.{0,1024}[/\\\\])?(?:${rules.map(nameOf).join('|')})(?:\\.exe)?$`, 's');
const rulesByName = rules.map(
  (rule) => [new RegExp(`^(?:.{0,1024}[/\\\\])?${nameOf(rule)}(?:\\.exe)?$`, 's'), rule] as const,
);
/** A program and what may stand behind its name, which says whether it is in a list. */
const programInText = new RegExp(
  `(?<![\\w.-])(?:${rules.map(nameOf).join('|')})(?:\\.exe)?(?=[ \\t]+|\\\\\\n|\\\\{0,3}["'],)`,
  'g',
);

/** Options of other programs that a walk may meet (`find / -name mysql -print`): what is behind their `-p` is no password. */
const ordinaryWord = /^-(?:print(?:0|f)?|path|prune|perm|port|protocol|password|pid|prefix)$/;

/** Reads the words of a command one by one, and says from where on a word is secret. */
class CommandReader {
  #rule: CommandRule | undefined;
  #isNext = false;
  #sawSubcommand = false;

  /** The index in the word where the secret begins. */
  secretStart(word: string): number | undefined {
    const start = this.#read(word);
    return start === undefined || word.includes('[masked:') ? undefined : start;
  }

  #read(word: string): number | undefined {
    const rule = this.#rule;
    if (this.#isNext && !word.startsWith('-')) {
      this.#isNext = false;
      return startIn(word, 0, rule);
    }
    this.#isNext = false;
    if (word.startsWith('-')) return rule === undefined ? undefined : this.#option(word, rule);
    if (isProgram.test(word)) {
      this.#rule = rulesByName.find(([pattern]) => pattern.test(word))?.[1];
      this.#sawSubcommand = false;
    } else if (rule?.isWrapper === true) this.#rule = undefined;
    if (word === rule?.subcommand) this.#sawSubcommand = true;
    return undefined;
  }

  #option(word: string, rule: CommandRule): number | undefined {
    if (rule.subcommand !== undefined && !this.#sawSubcommand) return undefined;
    if (rule.options.includes(word)) {
      this.#isNext = rule.takes !== 'glued';
      return undefined;
    }
    if (rule.takes === 'next' || ordinaryWord.test(word)) return undefined;
    const option = rule.options.find((each) => each.length === 2 && word.startsWith(each));
    return option === undefined ? undefined : startIn(word, option.length, rule);
  }
}

function startIn(word: string, from: number, rule: CommandRule | undefined): number | undefined {
  if (rule?.isUser !== true) return from;
  const colon = word.indexOf(':', from);
  return colon < 0 || colon === word.length - 1 ? undefined : colon + 1;
}

const shortOption = /-(?<=[\s"']-)[A-Za-z]/;
const wordsMax = 256;
const shellGap = /(?:[ \t]|\\\n){1,64}/y;
const listGap = /\\{0,3}["'],\s{0,64}\\{0,3}["']/y;
/** A quoted word, alone or behind an option; or a plain one. A list or an object is no word. */
const shellWord =
  /(?![[{])(?:(?:-[A-Za-z]|--?[\w-]{1,64}=)?(?<q>\\{0,3}["'])(?:(?!\k<q>)[^\n]){0,4096}(?:\k<q>|$)|(?:[^\s"'`|;&<>()\\]|\\[^\n"']){1,4096})/y;
const listWord = /[^"'\\\n]{1,4096}/y;

/** Masks the passwords of command lines in a text, and of lists of arguments that are written out in it. */
export function maskCommands(text: string): string {
  let masked = '';
  let from = 0;
  programInText.lastIndex = 0;
  for (let found = programInText.exec(text); found !== null; found = programInText.exec(text)) {
    const reader = new CommandReader();
    reader.secretStart(found[0]);
    let at = programInText.lastIndex;
    for (let count = 0; count < wordsMax; count++) {
      const inShell = matchEnd(shellGap, text, at);
      const start = inShell ?? matchEnd(listGap, text, at);
      const end =
        start === undefined ? undefined : matchEnd(inShell === undefined ? listWord : shellWord, text, start);
      if (start === undefined || end === undefined) break;
      const word = text.slice(start, end);
      const secret = reader.secretStart(word);
      // Within the quotes may be a command: `sh -c "mysql -pSecret"`.
      if (secret === undefined && inShell !== undefined && /["']/.test(word)) {
        at = start;
        break;
      }
      if (secret !== undefined) {
        masked += text.slice(from, start) + maskWord(word, secret);
        from = end;
      }
      at = end;
    }
    programInText.lastIndex = at;
  }
  return from === 0 ? text : masked + text.slice(from);
}

/** Options first: they are rarer than what looks like the name of a program, and quicker to look for. */
export function mayHoldCommand(text: string): boolean {
  programInText.lastIndex = 0;
  return shortOption.test(text) && programInText.test(text);
}

/** A list with the passwords masked that its items hold as arguments of a command; the same list where there are none. */
export function maskArguments<T>(items: readonly T[]): readonly T[] {
  if (!items.some(isShortOption)) return items;
  const reader = new CommandReader();
  let copy: T[] | undefined;
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'string') continue;
    const secret = reader.secretStart(item);
    if (secret !== undefined) (copy ??= [...items])[index] = maskWord(item, secret) as T;
  }
  return copy ?? items;
}

function isShortOption(item: unknown): boolean {
  return typeof item === 'string' && item.charCodeAt(0) === 0x2d && item.length > 1;
}

function maskWord(word: string, from: number): string {
  const secret = word.slice(from);
  const opening = /^\\{0,3}["']/.exec(secret)?.[0] ?? '';
  const closing = opening === '' ? (/^["'][^]*(["'])$/.exec(word)?.[1] ?? '') : opening;
  return `${word.slice(0, from)}${opening}${placeholder('password')}${closing}`;
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
