/** Planning: a graph of tasks and a cluster in, a plan out. Pure, but for solver libraries behind the planners that need them. */
export type * from './problem.ts'
