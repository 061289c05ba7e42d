/**
 * The built-in rules, tried in this order: keyword prefilter, then pattern, then validator. Every repetition is bounded or
 * cannot overlap with what follows it, so the time is linear in the text.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { entropyBits, ibanLength, isCard } from './checksums.ts';
import type { BuiltInRule } from '../config/masking-options.ts';
import { maskCommands, mayHoldCommand } from './command-secrets.ts';
import { base64LengthMin } from './encoded-texts.ts';
import { hasLongRun } from './long-run.ts';
import { placeholder } from './placeholder.ts';

export interface TextRule {
  readonly name: string;
  /** Cheap test that is false for most texts. */
  readonly mayMatch: (text: string) => boolean;
  readonly apply: (text: string) => string;
}

const privateKeyStart = '-----BEGIN';
const secretStart =
  /(?<![A-Za-z0-9_])(?:sk-|[rsp]k_(?:live|test)_|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|AIza|ya29\.|hf_|SG\.|npm_|pypi-|dop_v1_|lin_api_|eyJ|gsk_|xai-|r8_|pplx-|key-|EAAC|shpat_|sq0|dapi|hooks\.slack\.com|fw_|tgp_|csk-|nvapi-|tvly-|pcsk_|lsv2_|e2b_|fc-[0-9a-f]{8}|pa-[A-Za-z0-9_]{8}|jina_|sk_[0-9a-f]{8}|bt-st-|vc[abckip]_|sbp_|sb_secret_|whsec_|xapp-|AQ\.Ab|ntn_|secret_[A-Za-z0-9]{8}|\d{8,10}:AA|[MNO][A-Za-z0-9_-]{23}|hv[sbr]\.|dp\.[a-z]{2}\.|sntry[su]_|gl(?:sa|c)_|AGE-SECRET|SK[0-9a-f]{8}|sl_[A-Za-z0-9_-]{8})/;

/** ["name", value], closed or cut off: a pair, which needs none of the other characters to name a secret. */
const pairStart = String.raw`[[(]\s*["'][^"']{1,80}["']\s*,\s*(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^"',\])]+)\s*(?:[\])]|$)|[[(]\s*["'][^"']{1,80}["']\s*,\s*\x60`;
/** No built-in rule can match a text without one of these, and no JSON can have a named value or hide a character. */
const suspicious = new RegExp(
  `-(?:-[A-Za-z]|[A-Za-z](?<=[\\s"']-.))|</|${pairStart}|[@:=\\\\]|%[0-9A-Fa-f]{2}|\\d[\\d ()./-]{6}|\\d-\\d\\d-\\d|\\d\\.\\d|[A-Za-z]{2}\\d\\d|[Bb]earer|[Bb]asic|BEARER|BASIC|[Pp]ass(?:word|phrase|code) `,
);

/** The shortest of these tokens. */
const tokenLength = 15;

/** Whether a rule may find something: most texts are told apart by this alone. */
export function isSuspicious(text: string): boolean {
  return suspicious.test(text) || mayHoldSecret(text) || mayHoldBase64(text);
}

export function mayHoldBase64(text: string): boolean {
  return hasLongRun(text, base64LengthMin);
}

function mayHoldSecret(text: string): boolean {
  return text.includes(privateKeyStart) || (hasLongRun(text, tokenLength) && secretStart.test(text));
}

const secretPattern = new RegExp(
  [
    'sk-(?:ant-|proj-|svcacct-|or-v1-|lf-)?[A-Za-z0-9_-]{16,256}',
    '[rsp]k_(?:live|test)_[A-Za-z0-9]{10,128}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'gh[pousr]_[A-Za-z0-9]{20,255}',
    'github_pat_[A-Za-z0-9_]{20,255}',
    'glpat-[A-Za-z0-9_-]{20,64}',
    'xox[abeoprs]-[A-Za-z0-9-]{10,250}',
    'AIza[A-Za-z0-9_-]{35}',
    'ya29\\.[A-Za-z0-9_-]{20,512}',
    '(?:hf|gsk|r8|npm|shpat)_[A-Za-z0-9]{20,128}',
    '(?:xai|pplx|key)-[A-Za-z0-9]{20,128}',
    'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,64}',
    'pypi-[A-Za-z0-9_-]{50,256}',
    'dop_v1_[a-f0-9]{64}',
    'lin_api_[A-Za-z0-9]{32,64}',
    'dapi[a-f0-9]{32}',
    '(?:fw|vc[abckip]|whsec|pcsk_[A-Za-z0-9]{2,16})_[A-Za-z0-9]{20,256}',
    '(?:jina|ntn|secret)_[A-Za-z0-9]{40,128}',
    '(?:sntry[su]|tgp_v1|sb_secret)_[A-Za-z0-9_-]{20,512}',
    '(?:csk|nvapi|tvly|tvly-dev|bt-st|xapp)-[A-Za-z0-9_-]{20,256}',
    'lsv2_[a-z]{2}_[A-Za-z0-9_]{20,128}',
    '(?:e2b|sbp)_[a-f0-9]{32,64}',
    'fc-[a-f0-9]{32}',
    'pa-(?=[a-z0-9_-]{0,42}[A-Z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])',
    'sk_[a-f0-9]{32,64}',
    'SK[a-f0-9]{32}(?![A-Za-z0-9])',
    'AQ\\.Ab[A-Za-z0-9_-]{20,256}',
    'gl(?:sa|c)_[A-Za-z0-9_=+/]{20,512}',
    'hv[sbr]\\.[A-Za-z0-9_-]{20,512}',
    'dp\\.(?:st|pt|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{20,128}',
    'sl_[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])',
    'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{20,64}',
    'EAAC[A-Za-z0-9]{20,512}',
    '\\d{8,10}:AA[A-Za-z0-9_-]{32,36}',
    '[MNO][A-Za-z0-9_-]{23,25}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,64}',
    'AGE-SECRET-KEY-1[A-Z0-9]{40,80}',
    // Signed, and encrypted, which has five parts.
    'eyJ[A-Za-z0-9_-]{8,4096}\\.eyJ[A-Za-z0-9_-]{8,8192}\\.[A-Za-z0-9_-]{0,4096}',
    'eyJ[A-Za-z0-9_-]{8,4096}(?:\\.[A-Za-z0-9_-]{0,8192}){4}',
    'hooks\\.slack\\.com/services/[A-Za-z0-9/]{20,128}',
  ]
    .map((source) => `(?:${source})`)
    .join('|')
    .replace(/^/, '(?<![A-Za-z0-9_])(?:')
    .concat(')'),
  'g',
);

const names =
  'passw(?:or)?d|passphrase|sshpass|rediscli_auth|pwd|secret|client[_-]?secret|api[_-]?key|apikey|access[_-]?key|secret[_-]?access[_-]?key|access[_-]?token|auth[_-]?token|refresh[_-]?token|id[_-]?token|bearer[_-]?token|session[_-]?token|private[_-]?key|account[_-]?key|shared[_-]?access[_-]?key|credentials?|authorization';
/** Ordinary words too: names only where they are quoted, or for `token` where `=` follows. */
const shortNames = 'token|cookie|set-cookie|pin|cvv|cvc|otp|jwt';
const assignmentPattern = new RegExp(
  `((?:(?:${names})\\\\?["']?\\s{0,4}(?:=>|[:=])|["'](?:${shortNames})\\\\?["']\\s{0,4}:|(?<![A-Za-z0-9_])token=)\\s{0,4})(\\\\?"(?:[^"\\\\]|\\\\.){1,4096}\\\\?"|'[^']{1,4096}'|[^\\s"',;&}\\])\\\\]{1,4096})`,
  'gi',
);
/** A scheme and its word, `Token abc123`, or its parameters, `Digest username="u", response="…"`. What has no digit may be a sentence. */
const authorizationPattern = new RegExp(
  String.raw`\b(authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?!(?:Bearer|Basic)\b)[A-Za-z][\w-]{1,40}\s{1,4}` +
    String.raw`(?:(?:[\w-]{1,40}=(?:\\?"[^"\\]{0,4096}\\?"|[^\s",'\\]{1,4096})[\s,]{0,4}){1,40}|(?=[^\s"']{0,255}[\d=+/])[^\s"',;&}\])\\]{4,4096})`,
  'gi',
);
/** The name right before a separator; asked only where a separator is, since the names are slow to look for everywhere. */
const nameBefore = new RegExp(`(?:${names}|(?<![A-Za-z0-9_])(?:${shortNames}))\\\\?["']?\\s{0,4}$`, 'i');
const spokenStart = /pass(?:word|phrase|code) /i;
const schemeStart = /[Bb]earer|[Bb]asic|BEARER|BASIC/;
const separator = /[:=]/g;

function hasAssignment(text: string): boolean {
  separator.lastIndex = 0;
  for (let found = separator.exec(text); found !== null; found = separator.exec(text)) {
    if (nameBefore.test(text.slice(Math.max(found.index - 40, 0), found.index))) return true;
  }
  return false;
}

/** In a sentence: `my password is hunter2`, but not `the password is wrong`. */
const spokenPattern =
  /\b(pass(?:word|phrase|code)\s{1,4}(?:is|was)\s{1,4}["'`]?)(?=[^\s"'`]{0,255}[\d!#$%&*+^~])([^\s"'`]{4,256})/gi;
/** As curl takes it; `-u 1000:1000` is a user and a group. */
const userOptionPattern =
  /(?<![\w-])((?:-u|--user|--proxy-user)[ =]{1,4}["']?[^\s:"']{1,128}):(?!\d+(?:\s|$))([^\s"']{1,256})/g;
const cookiePattern = /\b((?:set-)?cookie:\s{0,4})([^\s=;"']{1,128}=[^\r\n"']{0,4096})/gi;
const bearerPattern = /\b(Bearer|Basic)\s{1,4}([A-Za-z0-9+/=._~-]{8,8192})/gi;
const urlCredentialPattern = /([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@]{0,256}):([^\s:/@]{1,256})@/gi;

const mayBeCard = /\d[\d -]{10}/;
const mayBeSsn = /\d-\d\d-\d/;
const mayBeIp = /\d\.\d|:[0-9a-f]{0,4}:/i;
const mayBePhone = /\d[\d ()./-]{6}/;
const cardPattern = /(?<![\d.+-])\d(?:[ -]?\d){11,18}(?![\d])/g;
const ibanPattern = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}/gi;
const ibanStart = /[A-Za-z]{2}\d\d/;
const ipv4Pattern = /(?<![\d.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\d]|\.\d)/g;
const ipv6Pattern = /(?<![\w:.])(?:[0-9a-f]{1,4}|:)(?:[0-9a-f]{0,4}:){1,7}(?:[0-9a-f]{1,4})?(?![\w:])/gi;
const ssnPattern = /(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])/g;
const phonePattern =
  /(?<![\w.+-])(?:\+\d{8,15}(?!\d)|(?:\+\d{1,3}[ .-]?)?(?:\(\d{1,5}\)[ .-]?)?\d{2,5}(?:[ ./-]\d{2,8}){1,5})(?![\w-])/g;
const datePattern = /^(?:(?:19|20)\d\d[ ./-]\d{1,2}[ ./-]\d{1,2}|\d{1,2}[ ./-]\d{1,2}[ ./-](?:19|20)\d\d)/;

export const textRules: readonly (TextRule & { readonly name: BuiltInRule })[] = [
  {
    name: 'secret',
    mayMatch: mayHoldSecret,
    apply: (text) =>
      maskPrivateKeys(text).replace(secretPattern, (match) =>
        isRandom(match) ? placeholder('secret') : match,
      ),
  },
  { name: 'assignment', mayMatch: mayHoldCommand, apply: maskCommands },
  {
    name: 'assignment',
    mayMatch: (text) =>
      text.includes('://') ||
      schemeStart.test(text) ||
      spokenStart.test(text) ||
      text.includes('-u') ||
      hasAssignment(text),
    apply: maskAssignments,
  },
  { name: 'email', mayMatch: (text) => text.includes('@'), apply: maskEmails },
  {
    name: 'iban',
    mayMatch: (text) => ibanStart.test(text),
    apply: (text) =>
      text.replace(ibanPattern, (match) => {
        const length = ibanLength(match);
        return length === 0 ? match : placeholder('iban') + match.slice(length);
      }),
  },
  {
    name: 'card',
    mayMatch: (text) => mayBeCard.test(text),
    apply: (text) => text.replace(cardPattern, (match) => (isCard(match) ? placeholder('card') : match)),
  },
  {
    name: 'ssn',
    mayMatch: (text) => mayBeSsn.test(text),
    apply: (text) => text.replace(ssnPattern, placeholder('ssn')),
  },
  {
    name: 'ip',
    mayMatch: (text) => mayBeIp.test(text),
    apply: (text) =>
      text
        .replace(ipv4Pattern, (match) => (isIPv4(match) && !isOwnHost(match) ? placeholder('ip') : match))
        .replace(ipv6Pattern, (match) => (match.length > 4 && isIPv6(match) ? placeholder('ip') : match)),
  },
  {
    name: 'phone',
    mayMatch: (text) => mayBePhone.test(text),
    apply: (text) => text.replace(phonePattern, (match) => (isPhone(match) ? placeholder('phone') : match)),
  },
];

/** Vendor prefixes also start ordinary words (`sk-learn-…`, `key-value…`): a real token is long and irregular. */
function isRandom(token: string): boolean {
  return token.includes('.') || token.includes('/') || (/\d/.test(token) && entropyBits(token) > 3);
}

function isOwnHost(address: string): boolean {
  return address.startsWith('127.') || address === '0.0.0.0';
}

function isPhone(match: string): boolean {
  if (datePattern.test(match)) return false;
  const digits = match.replace(/\D/g, '').length;
  if (digits > 15) return false;
  if (match.startsWith('+')) return digits >= 8;
  if (match.includes('(')) return digits >= 9;
  return (
    (match.startsWith('0') && digits >= 9 && digits <= 12) ||
    /^(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}$/.test(match)
  );
}

function maskPrivateKeys(text: string): string {
  let start = text.indexOf(privateKeyStart);
  if (start < 0) return text;
  let masked = '';
  let from = 0;
  while (start >= 0) {
    const header = text.indexOf('-----', start + privateKeyStart.length);
    if (header < 0 || !text.slice(start, header).includes('PRIVATE KEY')) break;
    const footer = text.indexOf('-----END', header);
    const close = footer < 0 ? -1 : text.indexOf('-----', footer + 8);
    const end = close < 0 ? text.length : close + 5;
    masked += text.slice(from, start) + placeholder('private_key');
    from = end;
    start = text.indexOf(privateKeyStart, end);
  }
  return masked + text.slice(from);
}

function maskAssignments(text: string): string {
  return text
    .replace(urlCredentialPattern, (_match, address: string) => `${address}:${placeholder('password')}@`)
    .replace(bearerPattern, (match, scheme: string, token: string) =>
      token.length >= 16 || entropyBits(token) > 2.5 ? `${scheme} ${placeholder('token')}` : match,
    )
    .replace(authorizationPattern, (match, head: string) =>
      match.includes('[masked:') ? match : head + placeholder('secret'),
    )
    .replace(userOptionPattern, (_match, head: string) => `${head}:${placeholder('password')}`)
    .replace(spokenPattern, (match, head: string, value: string) =>
      value.includes('[masked:') ? match : head + placeholder('secret'),
    )
    .replace(cookiePattern, (_match, head: string) => head + placeholder('secret'))
    .replace(assignmentPattern, (match, head: string, value: string) => {
      if (/^(?:bearer|basic)$/i.test(value) || value.includes('[masked:')) return match;
      const quote = /^\\*["']/.exec(value)?.[0] ?? '';
      return `${head}${quote}${placeholder('secret')}${quote}`;
    });
}

const localCharacter = /[A-Za-z0-9._%+\u00c0-\u024f-]/;
const domainPattern = /[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/uy;

const endsInLetters = /\.[^.]*\p{L}[^.]*$/u;

/** Walks outwards from each `@`: a pattern would try every word of the text as a start. */
function maskEmails(text: string): string {
  let masked = '';
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > from && at - start < 64 && localCharacter.test(text[start - 1] ?? '')) start--;
    domainPattern.lastIndex = at + 1;
    if (start === at || !domainPattern.test(text)) continue;
    // `openai@6.30.1` is a package.
    if (!endsInLetters.test(text.slice(at + 1, domainPattern.lastIndex))) continue;
    masked += text.slice(from, start) + placeholder('email');
    from = domainPattern.lastIndex;
  }
  return masked + text.slice(from);
}
