/** One mail, ready to go. Images belong into `attachments` with a `contentId` that the HTML names as `cid:`. */
export interface MailMessage {
  to: readonly string[]
  subject: string
  /** For readers without HTML, and for filters that distrust mail without it. */
  text: string
  html?: string
  attachments?: readonly MailAttachment[]
  /** The same id, the same mail: a server or a reader may fold one that was sent twice. */
  messageId?: string
}

export interface MailAttachment {
  filename: string
  content: Buffer | string
  contentType: string
  contentId?: string
}

/** Sends mail. Faults: `invalid` for an address that is none, `unavailable` while the server does not take it. */
export interface Mail {
  send(message: MailMessage): Promise<void>
}
