import { planNamed, planners, type Budget, type Plan, type Problem } from '../planning/index.ts'

/** Of all methods it gains most in half a second. */
const STRONGEST = 'portfolio'

/** The plan for a policy of this name: by the method of that name, or where the name is no method (`adaptive`) by the strongest. */
export function planFor(policy: string, problem: Problem, budget: Budget = {}): Plan | Promise<Plan> {
  return planNamed(planners.has(policy) ? policy : STRONGEST, problem, budget)
}
