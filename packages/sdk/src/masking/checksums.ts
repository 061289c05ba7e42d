/** Validators: what only looks like a card, an IBAN or a random token is left alone. */

/** Lengths by leading digits (ISO/IEC 7812 ranges in use); a Luhn sum alone accepts one number in ten. */
const cardRanges: readonly (readonly [
  from: number,
  to: number,
  digits: number,
  lengths: readonly number[],
])[] = [
  [4, 4, 1, [13, 16, 19]],
  [51, 55, 2, [16]],
  [2221, 2720, 4, [16]],
  [34, 34, 2, [15]],
  [37, 37, 2, [15]],
  [6011, 6011, 4, [16]],
  [644, 649, 3, [16]],
  [65, 65, 2, [16]],
  [300, 305, 3, [14]],
  [36, 36, 2, [14]],
  [38, 39, 2, [14]],
  [3528, 3589, 4, [16]],
  [62, 62, 2, [16, 17, 18, 19]],
  [50, 50, 2, [16, 17, 18, 19]],
  [56, 58, 2, [16, 17, 18, 19]],
];

export function isCard(text: string): boolean {
  const digits = text.replace(/[ -]/g, '');
  const known = cardRanges.some(([from, to, count, lengths]) => {
    const head = Number(digits.slice(0, count));
    return head >= from && head <= to && lengths.includes(digits.length);
  });
  return known && luhnHolds(digits);
}

function luhnHolds(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    if (index % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

/** Lengths of the ISO 13616 registry. */
const ibanLengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 ' +
    'FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 ' +
    'MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ' +
    'SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** Characters of `text` (spaces and dashes included) that form a valid IBAN at its start; 0 when none do. */
export function ibanLength(text: string): number {
  const wanted = ibanLengths[text.slice(0, 2).toUpperCase()];
  if (wanted === undefined) return 0;
  let compact = '';
  let end = 0;
  while (end < text.length && compact.length < wanted) {
    const character = text[end++];
    if (character !== ' ' && character !== '-') compact += character;
  }
  return compact.length === wanted && mod97(compact.toUpperCase()) === 1 ? end : 0;
}

function mod97(iban: string): number {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    if (Number.isNaN(value)) return 0;
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
}

/** Shannon entropy in bits per character: words lie below 3, random tokens of 20 characters above. */
export function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
