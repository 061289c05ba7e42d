import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import nodemailer from 'nodemailer';
import { findCertificateProblem } from '../../outbound/certificate-problem.ts';
import { findHostProblem, guardedLookup } from '../../outbound/reach.ts';
import type { Channel, Delivery, ReportMail } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { unreachable } from './exchange.ts';
import { writeMail } from './mail-text.ts';
import { describeNotification } from './message.ts';
import { plainText } from './plain-text.ts';
import { messageId } from './webhook.ts';

/** A password goes over TLS alone. As the end of "it …"; undefined where nothing is wrong. */
export function findPasswordProblem({ security, password }: SettingsOf<'email'>): string | undefined {
  return security === 'none' && password !== undefined
    ? 'would be sent unencrypted: choose starttls or tls, or leave user and password out'
    : undefined;
}

/** Mail by SMTP. Messages of one group are one thread; a message that is sent again has the same Message-ID. */
export function email(settings: SettingsOf<'email'>, kit: ChannelKit): Channel {
  return {
    deliver: async (notification, { signal }) => {
      const { host, from, to } = settings;
      const problem = findHostProblem(host, kit.reach);
      if (problem !== undefined) return { kind: 'refused', reason: `the mail server’s address ${problem}` };
      const unsafe = findPasswordProblem(settings);
      if (unsafe !== undefined) return { kind: 'refused', reason: `the password ${unsafe}` };
      const timeout = AbortSignal.timeout(kit.timeoutMs);
      const stop = AbortSignal.any([timeout, signal]);
      let socket: Socket | undefined;
      try {
        // Connected to here, so that what was checked is what is spoken to; nodemailer would look the name up by itself.
        socket = await connectGuarded(settings, { kit, signal: stop });
        const { title, ...message } = describeNotification(notification, 50);
        const domain = from.slice(from.lastIndexOf('@') + 1);
        const thread = `<${messageId(notification.key)}@${domain}>`;
        const { response } = await transportOn(socket, settings, kit.timeoutMs).sendMail({
          from: { name: 'Sightline', address: from },
          to: [...to],
          subject: title,
          messageId: `<${messageId(notification.dedupeKey)}@${domain}>`,
          inReplyTo: thread,
          references: thread,
          date: notification.at,
          ...(notification.report === undefined
            ? writeMail({ title, ...message })
            : reportBodies(notification.report.mail)),
          // A notice that no person wrote: vacation replies stay away.
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: stop,
        });
        kit.onAnswer?.(plainText(response, 300));
        return { kind: 'delivered' };
      } catch (error) {
        if (timeout.aborted)
          return { kind: 'retry', reason: `the mail server did not answer within ${kit.timeoutMs} ms` };
        if (signal.aborted) return { kind: 'retry', reason: 'the delivery was stopped' };
        return explain(error, kit);
      } finally {
        socket?.destroy();
      }
    },
  };
}

/** Pictures come with the mail and are shown where the HTML names them. */
function reportBodies({ html, text, pictures }: ReportMail) {
  return {
    html,
    text,
    attachments: pictures.map(({ id, base64 }) => ({
      cid: id,
      filename: `${id}.png`,
      content: Buffer.from(base64, 'base64'),
      contentType: 'image/png',
      contentDisposition: 'inline' as const,
    })),
  };
}

async function connectGuarded(
  { host, port }: SettingsOf<'email'>,
  { kit, signal }: { readonly kit: ChannelKit; readonly signal: AbortSignal },
): Promise<Socket> {
  const socket = connect({ host, port, lookup: guardedLookup(kit.reach, kit.resolve) });
  // Later failures are told by nodemailer; nobody else listens then.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function transportOn(
  connection: Socket,
  { host, port, security, user, password }: SettingsOf<'email'>,
  timeoutMs: number,
) {
  return nodemailer.createTransport({
    host,
    port,
    connection,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
}

/** 4xx of SMTP passes, 5xx stays; a name or a password that is refused stays, too. A certificate may be renewed soon. */
function explain(error: unknown, kit: ChannelKit): Delivery {
  const { responseCode, response, code } = error as {
    responseCode?: unknown;
    response?: unknown;
    code?: unknown;
  };
  if (typeof responseCode === 'number' && typeof response === 'string') {
    const said = plainText(response, 300);
    kit.onAnswer?.(said);
    const kind = responseCode >= 500 ? 'refused' : 'retry';
    return { kind, reason: `the mail server answers: ${said}` };
  }
  const distrusted = findCertificateProblem(error);
  if (distrusted !== undefined)
    return { kind: 'retry', reason: `the mail server is not spoken to: ${distrusted}` };
  if (
    code === 'ETLS' ||
    code === 'EAUTH' ||
    code === 'ENOAUTH' ||
    code === 'EENVELOPE' ||
    code === 'EMESSAGE'
  ) {
    const reason = error instanceof Error ? plainText(error.message, 300) : code;
    return { kind: 'refused', reason: `the mail cannot be sent: ${reason}` };
  }
  if (code === 'ESOCKET' && error instanceof Error)
    return { kind: 'retry', reason: `the mail server cannot be spoken to: ${plainText(error.message, 300)}` };
  return unreachable(error).delivery;
}
