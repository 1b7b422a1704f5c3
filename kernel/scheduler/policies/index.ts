import { criticalPath } from './critical-path.ts'
import { leastLoaded, priority } from './least-loaded.ts'
import { locality } from './locality.ts'
import type { Policy } from './policy.ts'

/** The policies that every state knows, by name; the first is the default. */
export const policies: readonly Policy[] = [criticalPath, priority, leastLoaded, locality]
export const policyNames: readonly string[] = policies.map(policy => policy.name)
