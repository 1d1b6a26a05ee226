const MOST = 2_000

/** The files of a drop, those within folders, too. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Read before the first await: afterwards the browser has emptied the list.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null)
  const plain = [...transfer.files]
  if (entries.every((entry) => entry === null || entry.isFile)) return plain.slice(0, MOST)
  const files: File[] = []
  for (const entry of entries) if (entry) await collect(entry, files)
  return files
}

async function collect(entry: FileSystemEntry, into: File[]): Promise<void> {
  if (into.length >= MOST || entry.name.startsWith('.')) return
  if (entry.isFile) {
    into.push(
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    )
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const next = () => new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
  // A hundred at a time, until there are none.
  for (let some = await next(); some.length > 0; some = await next())
    for (const one of some) await collect(one, into)
}
