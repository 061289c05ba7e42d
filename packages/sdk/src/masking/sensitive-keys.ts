/** Key names whose values are masked whatever they hold. `max_tokens` and `token_count` are not among them. */
const exact = new Set(
  (
    'password passwd pwd passphrase secret token authorization proxyauthorization cookie setcookie xapikey apikey credential credentials ' +
    'pin cvv cvc ssn socialsecuritynumber creditcard creditcardnumber cardnumber accountnumber iban jwt bearer sessionid sid otp totp passwords passphrases secrets apikeys cookies accesskeys passcode ' +
    'pass csrf cvv2 ccnumber ssnnumber routingnumber mfacode authheader seedphrase mnemonic'
  ).split(' '),
);
// A session id is what traces are grouped by; they are identifiers here, not secrets.
exact.delete('sessionid');
const endings = (
  'password passwd passphrase secret secretkey apikey accesskey accesstoken authtoken refreshtoken idtoken bearertoken sessiontoken privatekey credentials ' +
  // Not every name with `token` at its end: `nextToken` is a page, `timeToFirstToken` a duration.
  'apitoken bottoken clienttoken csrftoken xsrftoken deploytoken devicetoken githubtoken gitlabtoken hftoken invitetoken jwttoken logintoken ' +
  'npmtoken oauthtoken privatetoken resettoken securitytoken servicetoken slacktoken usertoken verificationtoken webhooktoken signingkey encryptionkey masterkey accountkey sharedaccesskey ' +
  'passwordhash passwordconfirmation dbpass dbpwd mysqlpwd userpass userpwd secretkeybase vaulttoken subscriptionkey hmackey sshkey tlskey gpgkey ' +
  'licensekey openaikey stripekey sendgridkey privatekeypem sessioncookie verificationcode recoverycode recoverycodes'
).split(' ');

const known = new Map<string, boolean>();

export function sensitiveKeys(own: readonly string[]): (key: string) => boolean {
  if (own.length === 0) return isSensitive;
  const ownNames = new Set(own.map(normalise));
  const isOwn = (key: string) =>
    ownNames.has(normalise(key)) || ownNames.has(normalise(key.slice(key.lastIndexOf('.') + 1)));
  return (key) => isSensitive(key) || isOwn(key);
}

function isSensitive(key: string): boolean {
  let answer = known.get(key);
  if (answer === undefined) {
    const name = normalise(key);
    // What is masked already was a text that stands first in a list, not the name of what follows it.
    // The last part of a dotted name says what it is: `http.request.header.authorization`.
    answer =
      !key.includes('[masked:') &&
      (exact.has(name) ||
        exact.has(normalise(key.slice(key.lastIndexOf('.') + 1))) ||
        endings.some((ending) => name.endsWith(ending)));
    if (known.size < 5000 && key.length < 200) known.set(key, answer);
  }
  return answer;
}

function normalise(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}
