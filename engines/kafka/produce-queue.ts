import type { MessageToProduce } from '@platformatic/kafka'
import { fault } from '#kernel/fault.ts'

export type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer> & { key: Buffer; value: Buffer }

interface Call {
  messages: Message[]
  /** How many are written already. */
  done: number
  resolve(): void
  reject(error: unknown): void
}

/**
 * Sends messages in the order in which they came, one request at a time; what waits meanwhile goes together in the
 * next. One request in flight is what keeps the order when a request has to be repeated.
 */
export function produceQueue(
  send: (messages: Message[]) => Promise<unknown>,
  {
    requestBytes = 786_432,
    waitingMessages = 200_000,
  }: { requestBytes?: number; waitingMessages?: number } = {},
): (messages: Message[]) => Promise<void> {
  const calls: Call[] = []
  let waiting = 0
  let isSending = false

  /** Takes messages off the front until the request is full. */
  function nextRequest(): { messages: Message[]; of: Call[] } {
    const messages: Message[] = []
    const of: Call[] = []
    let bytes = 0
    for (const call of calls) {
      for (let i = call.done; i < call.messages.length; i++) {
        const message = call.messages[i]!
        bytes += message.key.length + message.value.length + 64
        if (messages.length > 0 && bytes > requestBytes) return { messages, of }
        messages.push(message)
        if (of.at(-1) !== call) of.push(call)
        call.done++
      }
    }
    return { messages, of }
  }

  function leave(call: Call) {
    calls.splice(calls.indexOf(call), 1)
    waiting -= call.messages.length
  }

  async function sendAll() {
    isSending = true
    while (calls.length > 0) {
      const { messages, of } = nextRequest()
      const failure = await send(messages).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      for (const call of of) {
        if (!failure && call.done < call.messages.length) continue
        // A call that failed half-way is over: its later messages must not overtake the lost ones.
        leave(call)
        if (failure) call.reject(failure.error)
        else call.resolve()
      }
    }
    isSending = false
  }

  return (messages) => {
    if (messages.length === 0) return Promise.resolve()
    if (waiting > 0 && waiting + messages.length > waitingMessages) {
      return Promise.reject(fault('unavailable', 'kafka/full', 'Too many facts wait for Kafka'))
    }
    return new Promise((resolve, reject) => {
      calls.push({ messages, done: 0, resolve, reject })
      waiting += messages.length
      if (!isSending) void sendAll()
    })
  }
}
