/** Reading, validating and pricing ONNX models. */
export type { RunCost } from "./compute-units.ts";
export { batchOf, computeUnits } from "./compute-units.ts";
export { COST_TABLE_VERSION } from "./cost.ts";
export { CostCache } from "./cost-cache.ts";
export type { ModelInfo, ValueSpec } from "./inspect.ts";
export { inspectModel } from "./inspect.ts";
export type { EngineLimits } from "./limits.ts";
export { DEFAULT_LIMITS } from "./limits.ts";
export { admittedOperators, OPERATOR_TABLE_VERSION, OPSETS } from "./operators/table.ts";
