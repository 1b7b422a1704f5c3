/** `learned` for jobs that arrive over time and share executors. */
export { allocate, Job, shapeOf, type Enact, type Executors, type Shape, type Stage, type Wave } from './learned-jobs.ts'
export { play, setLimits, type Levels, type Underway } from './learned-rollout.ts'
export { expectedDurations, expectedSpread, experienced, noExperience, type Experience } from './learned-stages.ts'
export { bestLimit, jobTook, limitToTry, type LimitsTried } from './learned-limits.ts'
