import type { Clock } from '#kernel/clock.ts'
import { hours } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Mail } from '#kernel/mail.ts'
import type { Catalogue } from './catalogue.ts'
import type { Language } from './markup.ts'
import { type ReportBody, reportOf } from './report.ts'
import { reportMail, warningMail } from './report-mail.ts'
import type { Reports } from './reports.ts'
import type { Shops } from './shops.ts'

export interface MailingParts {
  mail: Mail
  catalogue: Catalogue
  reports: Reports
  shops: Shops
  clock: Clock
  publicUrl: string
  settings: { language: Language }
}

const MOST_IN_ONE_MAIL = 200
const MOST_AT_ONCE = 2_000

/**
 * One mail per workspace about the warnings that began since the last one. They are noted only after the mail has gone:
 * a crash in between sends it again, under the same id, which readers fold.
 */
export async function mailWarnings(parts: MailingParts): Promise<void> {
  const { mail, reports, shops, clock, publicUrl, settings } = parts
  await eachOf(await reports.unmailed(MOST_AT_ONCE), async ({ workspaceId, warnings }) => {
    const { recipients, mailsWarnings } = await shops.wishes(workspaceId)
    const some = warnings.slice(0, MOST_IN_ONE_MAIL)
    if (recipients.length > 0 && mailsWarnings) {
      const message = warningMail(some, { to: recipients, language: settings.language, publicUrl })
      await mail.send({ ...message, messageId: `${some[0]!.warningId}.${some.length}` })
    }
    // Without anybody to mail they are noted as well: somebody who is added later is not told of old ones.
    await reports.noteMailed(
      workspaceId,
      some.map(({ warningId }) => warningId),
      clock.now(),
    )
  })
}

/** Makes this week's reports and mails those that were not mailed yet. */
export async function mailReports(parts: MailingParts): Promise<void> {
  await eachOf(await parts.shops.workspaces(), async (workspaceId) => {
    const body = await reportOf(parts, workspaceId)
    const kept = await parts.reports.get(workspaceId, body.week)
    const { recipients, mailsReport } = await parts.shops.wishes(workspaceId)
    const isOwed = kept?.mailedAtMs === null && mailsReport && recipients.length > 0
    if (isOwed) await mailReport(parts, workspaceId, body, recipients)
  })
}

/** A workspace whose mail cannot be sent keeps no other from its own; the job fails in the end and is tried again. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = []
  for (const one of all) await work(one).catch((error) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

export async function mailReport(
  { mail, reports, clock, publicUrl, settings }: MailingParts,
  workspaceId: WorkspaceId,
  body: ReportBody,
  to: readonly string[],
): Promise<void> {
  const message = reportMail(body, { to, language: settings.language, publicUrl })
  // The same hour, the same mail: asked for twice in a row, a reader shows one.
  const hour = Math.floor(clock.now() / hours(1))
  await mail.send({ ...message, messageId: `inventory.${workspaceId}.${body.week}.${hour}` })
  await reports.mailed(workspaceId, body.week, clock.now())
}
