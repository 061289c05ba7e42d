/** Why the certificate of the other side was not taken, in words for people; undefined where that was not the reason. */
export function findCertificateProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // nodemailer puts a code of its own before the one of Node.
  const { code, originalCode } = error as { code?: unknown; originalCode?: unknown };
  const known = [originalCode, code].find((each) => typeof each === 'string' && codes.test(each));
  if (known === undefined) return undefined;
  // After a semicolon Node gives advice on how to start it.
  const [why = ''] = error.message.split(';');
  const isUnknownIssuer = /SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY/.test(known as string);
  const advice = isUnknownIssuer
    ? '. For a CA of your own start Sightline with NODE_EXTRA_CA_CERTS=/path/ca.pem'
    : '';
  return `its certificate is not trusted: ${why}${advice}`;
}

/** OpenSSL's names of what can be wrong with a certificate, and Node's one of a host that it is not for. */
const codes = /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/;
