import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SendMailOptions, Transporter } from 'nodemailer'
import { fault } from '#kernel/fault.ts'
import type { Mail, MailMessage } from '#kernel/mail.ts'

/** A mail server that takes long is no reason to hold a job for ever. */
const TIMEOUT_MS = 20_000
const MOST_RECIPIENTS = 100

export interface Mailbox extends Mail {
  close(): void
}

interface Options {
  /** smtp://user:password@host:port or smtps://…; empty: mails become files in `folder`. */
  url: string
  from: string
  folder: string
}

/** Mail by SMTP, or as `.eml` files that any mail program opens. The library is loaded with the first mail. */
export function mailbox({ url, from, folder }: Options): Mailbox {
  let transport: Promise<Transporter> | undefined
  return {
    async send(message) {
      checked(message)
      transport ??= open(url)
      const opened = await transport
      const sent = await opened.sendMail(asSent(message, from)).catch((cause) => {
        throw notSent(cause)
      })
      if (!url) await keep(folder, sent.message as Buffer)
    },
    close: () => void transport?.then((opened) => opened.close()).catch(() => {}),
  }
}

async function open(url: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  if (!url) return createTransport({ streamTransport: true, buffer: true }) as unknown as Transporter
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
  return createTransport({ url, ...timeouts } as Parameters<typeof createTransport>[0]) as Transporter
}

const asSent = (message: MailMessage, from: string): SendMailOptions => ({
  from,
  to: [...message.to],
  subject: message.subject,
  text: message.text,
  ...(message.html && { html: message.html }),
  ...(message.messageId && { messageId: `<${message.messageId}@doubloon>` }),
  attachments: message.attachments?.map(({ contentId, ...each }) => ({
    ...each,
    ...(contentId && { cid: contentId }),
  })),
  // A message is ours, whole: nothing in it makes the library read a file or an address.
  disableFileAccess: true,
  disableUrlAccess: true,
})

/** Whole or not at all: a reader of the folder never sees half a mail. */
async function keep(folder: string, content: Buffer): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID().slice(0, 8)}.eml`
  await writeFile(join(folder, `.${name}`), content)
  await rename(join(folder, `.${name}`), join(folder, name))
}

function checked({ to }: MailMessage): void {
  const wrong = to.find((address) => !/^[^\s@<>,;]+@[^\s@<>,;]+$/.test(address))
  if (wrong !== undefined || to.length === 0 || to.length > MOST_RECIPIENTS)
    throw fault(
      'invalid',
      'mail/address',
      wrong ? `${wrong} is no mail address` : 'A mail needs 1 to 100 addresses',
      {
        field: 'to',
      },
    )
}

/** 5xx of the server means that this mail will never be taken; all else is worth another try. */
function notSent(cause: { responseCode?: number }) {
  const isRefused = (cause.responseCode ?? 0) >= 500
  return fault(
    isRefused ? 'invalid' : 'unavailable',
    isRefused ? 'mail/refused' : 'mail/away',
    isRefused
      ? `The mail server refused the mail (${cause.responseCode})`
      : 'The mail server does not take the mail now',
    { cause, cure: 'Check SMTP_URL and SMTP_FROM.' },
  )
}
