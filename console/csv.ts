/** Text that spreadsheets open safely: UTF-8 with BOM, and nothing that they would run as a formula. */
export function csv(head: string[], rows: (string | number | null | undefined)[][]): string {
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  // A tab keeps = + - @ from being run, and keeps Excel from rounding ids of more than 15 digits.
  const text = /^[=+\-@\t\r]/.test(value) || /^\d{15,}$/.test(value) ? `\t${value}` : value
  return /[",\r\n\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Hands a file to the browser's downloads. */
export function download(name: string, content: string | Blob, type = 'text/csv;charset=utf-8') {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
