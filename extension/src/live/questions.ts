/** What a kernel has been asked and has not answered yet. */
import type { TranslationBundle } from '@jupyterlab/translation'
import type { AnswerData, Ask, Question } from '../../../kernel/cluster/live/types.ts'
import type { Clock } from './clock.ts'

/** ms */
const PATIENCE = 10_000
/** Starting nodes means starting processes. */
const PATIENCE_FOR_CLUSTERS = 60_000

interface Open {
  readonly resolve: (answer: AnswerData) => void
  readonly reject: (error: Error) => void
  readonly stopWaiting: () => void
}

export class Questions {
  readonly #open = new Map<number, Open>()
  readonly #send: (message: Ask) => void
  readonly #clock: Clock
  readonly #trans: TranslationBundle
  #last = 0

  constructor(send: (message: Ask) => void, clock: Clock, trans: TranslationBundle) {
    this.#send = send
    this.#clock = clock
    this.#trans = trans
  }

  ask(ask: Question): Promise<AnswerData> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last
      const patience = ask.what === 'cluster-start' || ask.what === 'cluster-stop' ? PATIENCE_FOR_CLUSTERS : PATIENCE
      const stopWaiting = this.#clock.after(patience, () => this.#settle(id)?.reject(new Error(this.#late(patience))))
      this.#open.set(id, { resolve, reject, stopWaiting })
      this.#send({ type: 'ask', id, ask })
    })
  }

  answered(id: number, answer: AnswerData): void {
    this.#settle(id)?.resolve(answer)
  }

  refused(id: number, message: string): void {
    this.#settle(id)?.reject(new Error(message))
  }

  /** Nothing will be answered any more. */
  end(reason: string): void {
    for (const id of [...this.#open.keys()]) this.refused(id, reason)
  }

  #late(patience: number): string {
    return this.#trans.__('The kernel has not answered for %1 seconds. It may be busy or gone: look at the kernel’s state above the notebook, then try again.', patience / 1000)
  }

  #settle(id: number): Open | undefined {
    const open = this.#open.get(id)
    this.#open.delete(id)
    open?.stopWaiting()
    return open
  }
}
