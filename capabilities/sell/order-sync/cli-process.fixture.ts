import { Command } from 'commander'
import { api } from '#kernel/api.ts'
import { describe, isFault } from '#kernel/fault.ts'
import verbs from './cli.ts'

export interface CommandOrder {
  url: string
  args: readonly string[]
}

export interface CommandAnswer {
  code: number
  stdout: string
  stderr: string
}

// The room's commands in a process of its own, one after the other: what each says and ends with, as the shell would see it.
if (process.send) process.on('message', (order) => void run(order as CommandOrder))

async function run({ url, args }: CommandOrder): Promise<void> {
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    process[stream].write = (chunk: unknown) => {
      said[stream] += String(chunk)
      return true
    }
  process.exitCode = 0
  const program = new Command('doubloon').exitOverride()
  verbs(program, async () => api(url, 'key'))
  // As the program itself ends when it fails: a sentence, its code, and 1.
  await program.parseAsync(args, { from: 'user' }).catch((error) => {
    const { code, message } = describe(error)
    said.stderr += `${message} (${code})\n`
    if (!isFault(error)) said.stderr += `${error.stack}\n`
    process.exitCode = 1
  })
  process.send!({ code: Number(process.exitCode), ...said } satisfies CommandAnswer)
}
