import { criticalPath } from './critical-path.ts'
import type { Policy } from './policy.ts'

/**
 * Leaves each run to the policy that did best when what is left of the graph was simulated under several (rollouts: D. Bertsekas, J.
 * Tsitsiklis, C. Wu, Journal of Heuristics 1997); `PolicyChosen` says which. Until then as critical-path.
 */
export const learnedPolicy: Policy = {
  ...criticalPath,
  name: 'learned',
  source: 'D. P. Bertsekas, J. N. Tsitsiklis, C. Wu, Rollout algorithms for combinatorial optimization, Journal of Heuristics 1997',
  meaning: 'simulates what is left under several policies, takes the best, and remembers which won',
  delegates: true,
}
