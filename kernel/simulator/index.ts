/** The simulator: the scheduler on a virtual clock, around a model of the cluster; and what is done with what is left of a graph. */
export { SimulatedCluster, type Bodies, type ClusterOptions, type Fact, type Failures, type NodeUse, type Outage } from './cluster.ts'
export { noiseOf, uniform, type Noise } from './cluster-chance.ts'
export { bodiesOf, estimatesOf, type GraphRun, type TaskGraph } from './graph.ts'
export { graphOf, nodesOf, problemOfGraph } from './graph-problem.ts'
export { simulate, usualLink, type SimulationOptions, type SimulationResult } from './simulate.ts'
export type { NamedPlanner } from './plans.ts'
export { Simulation } from './simulation.ts'
export { bestOf, compare, rowsOf, usualPolicies, type CompareOptions, type ComparedPolicy, type Comparison } from './report.ts'
