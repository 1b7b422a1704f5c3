import { criticalPath } from './critical-path.ts'
import { fair } from './fair.ts'
import { fifo } from './fifo.ts'
import { learnedPolicy } from './learned.ts'
import { leastLoaded, priority } from './least-loaded.ts'
import { locality } from './locality.ts'
import { maxMin, minMin } from './min-min.ts'
import { planned, type Planning } from './planned.ts'
import type { Policy } from './policy.ts'
import { random } from './random.ts'
import { roundRobin } from './round-robin.ts'
import { shortestJob } from './shortest-job.ts'
import { workStealing } from './work-stealing.ts'

/** Policies that plan the whole graph ahead; the planners themselves are kernel/planning's. */
const plannings: readonly Planning[] = [
  {
    name: 'heft', meaning: 'plans by longest path and earliest finish',
    source: 'H. Topcuoglu, S. Hariri, M.-Y. Wu, Performance-effective and low-complexity task scheduling, IEEE TPDS 2002',
  },
  {
    name: 'peft', meaning: 'plans by a table of optimistic costs',
    source: 'H. Arabnejad, J. G. Barbosa, List scheduling algorithm by an optimistic cost table, IEEE TPDS 2014',
  },
  {
    name: 'lp', meaning: 'plans by a linear program, rounded',
    source: 'J. K. Lenstra, D. B. Shmoys, É. Tardos, Approximation algorithms for scheduling unrelated parallel machines, Mathematical Programming 1990',
  },
  {
    name: 'assignment', meaning: 'plans by assigning ready tasks to slots, at the least cost in all',
    source: 'H. W. Kuhn, The Hungarian method for the assignment problem, Naval Research Logistics Quarterly 1955',
  },
  { name: 'genetic', meaning: 'plans by a genetic algorithm', source: 'S. Hartmann, A self-adapting genetic algorithm for project scheduling, Naval Research Logistics 2002' },
  {
    name: 'annealing', meaning: 'plans by simulated annealing',
    source: 'S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, Optimization by simulated annealing, Science 1983',
  },
  { name: 'particle-swarm', meaning: 'plans by a swarm of particles', source: 'J. Kennedy, R. Eberhart, Particle swarm optimization, ICNN 1995' },
  {
    name: 'ant-colony', meaning: 'plans by ants that leave trails',
    source: 'D. Merkle, M. Middendorf, H. Schmeck, Ant colony optimization for resource-constrained project scheduling, IEEE TEC 2002',
  },
  {
    name: 'adaptive', meaning: 'plans anew whenever reality departs from what was expected', needsDurations: true,
    source: 'R. Sakellariou, H. Zhao, A low-cost rescheduling policy for efficient mapping of workflows on grid systems, Scientific Programming 2004',
  },
]

/** The policies that every state knows, by name; the first is the default. */
export const policies: readonly Policy[] = [
  criticalPath, priority, fifo, shortestJob, fair, leastLoaded, random, roundRobin, minMin, maxMin, workStealing, locality,
  ...plannings.map(planned), learnedPolicy,
]
export const policyNames: readonly string[] = policies.map(policy => policy.name)
