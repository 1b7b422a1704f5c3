/** What the kernel and the process of a user's placement policy say to each other, over the channel on file descriptor 3. */
import type { TaskError } from '../travel/declaration.ts'

/** An input of a task: how much it is, and the nodes that hold it. */
export interface ViewedInput {
  readonly bytes: number
  readonly nodes: readonly string[]
}

/** A task that the policy is to place. */
export interface ViewedTask {
  readonly id: number
  readonly name: string
  readonly index: number
  readonly priority: number
  /** ms on a node of speed 1; absent while nothing is known. */
  readonly expected?: number
  readonly ready: boolean
  /** Inputs that are not there yet. */
  readonly waitsFor: number
  readonly attempts: number
  readonly inputs: readonly ViewedInput[]
  readonly resources: Readonly<Record<string, number>>
}

export interface ViewedNode {
  readonly name: string
  readonly slots: number
  readonly idle: number
  /** Busy slots / slots. */
  readonly load: number
  readonly speed: number
  readonly resources: Readonly<Record<string, { readonly total: number; readonly free: number }>>
  readonly labels: Readonly<Record<string, string>>
}

export interface ViewedAttempt {
  readonly id: number
  readonly name: string
  readonly index: number
  readonly node: string
  /** ms that it has been there. */
  readonly since: number
  readonly expected?: number
}

/** What a policy is shown. Plain data. */
export interface View {
  /** ms since the first question. */
  readonly time: number
  readonly tasks: readonly ViewedTask[]
  /** Tasks that are left out. */
  readonly more: number
  readonly nodes: readonly ViewedNode[]
  readonly running: readonly ViewedAttempt[]
}

/** Tasks in the order in which they are to start, and where: numbers of the question's nodes, -1 where any will do. */
export interface PolicyAnswer {
  readonly tasks: readonly number[]
  readonly nodes: readonly number[]
}

/** Why there is no answer. `loading`: the function could not be rebuilt; `late`: it was cut off; `senseless`: what it returned is no answer; `died`: its thread or process did. */
export type ProblemKind = 'loading' | 'threw' | 'late' | 'senseless' | 'died'

export interface PolicyProblem {
  readonly kind: ProblemKind
  readonly error: TaskError
}

export type ToPolicy =
  /** First message. `directory`: the notebook's folder. */
  | { readonly type: 'load'; readonly name: string; readonly bundle: Uint8Array; readonly directory: string; readonly seed: number }
  /** One at a time. `limit`: ms for the answer. */
  | { readonly type: 'ask'; readonly id: number; readonly view: View; readonly limit: number }

export type FromPolicy =
  | { readonly type: 'loaded' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: PolicyAnswer }
  /** `id` absent: it could not be loaded. */
  | { readonly type: 'problem'; readonly id?: number; readonly problem: PolicyProblem }
  /** What the function printed. */
  | { readonly type: 'said'; readonly text: string }
