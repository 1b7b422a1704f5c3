/** The scheduler's whole surface. Pure: events in, commands out; no clock, no I/O, no randomness of its own. */
export type * from './task.ts'
export type * from './event.ts'
export type * from './command.ts'
// To be exported by their files:
//   createState(options: { policy?: string; seed?: number }): State
//   transition(state: State, event: Event): Command[]
//   nextDeadline(state: State): Time | undefined
//   satisfiable(state: State, run: RunSpec): Unsatisfiable | undefined
//   explain(state: State, task: TaskId): Explanation
//   checkInvariants(state: State): void          (throws, naming the broken invariant and the task's story)
//   policyNames: readonly string[]
