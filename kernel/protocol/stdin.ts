import { inputInterrupted } from '../errors.ts'
import type { Frame, Request } from './message.ts'
import type { Wire } from './wire.ts'

interface Question {
  readonly asker: Request
  readonly content: { readonly prompt: string; readonly password: boolean }
  /** Of the input_request, once it has been sent. */
  id?: string
  readonly resolve: (answer: string) => void
  readonly reject: (reason: Error) => void
}

/** Questions to the user, one at a time, each to the client that runs the cell which asks. */
export class Stdin {
  readonly #wire: Wire
  readonly #send: (frames: Frame[]) => void
  #questions: Question[] = []

  constructor(wire: Wire, send: (frames: Frame[]) => void) {
    this.#wire = wire
    this.#send = send
  }

  /** @param asker the execute_request of the cell that asks */
  ask(asker: Request, prompt: string, password: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#questions.push({ asker, content: { prompt, password }, resolve, reject })
      this.#next()
    })
  }

  /** Takes an input_reply. Some clients give no parent; the sender then tells which question it answers. */
  answer(reply: Request): void {
    const question = this.#questions[0]
    const value = reply.content['value']
    if (reply.type !== 'input_reply' || typeof value !== 'string') return this.#wire.drop('unexpected type')
    const answers = question !== undefined && (reply.parentId ?? question.id) === question.id && sameSender(reply, question.asker)
    if (!answers) return this.#wire.drop('late input')
    this.#questions.shift()
    question.resolve(value)
    this.#next()
  }

  /** Gives up every question; what is typed for it later is ignored. */
  cancel(): void {
    const questions = this.#questions
    this.#questions = []
    for (const question of questions) question.reject(inputInterrupted())
  }

  #next(): void {
    const question = this.#questions[0]
    if (question === undefined || question.id !== undefined) return
    const frames = this.#wire.encode('input_request', question.content, { parent: question.asker.header })
    question.id = this.#wire.lastId
    this.#send([...question.asker.identities, ...frames])
  }
}

function sameSender(a: Request, b: Request): boolean {
  return Buffer.concat(a.identities).equals(Buffer.concat(b.identities))
}
