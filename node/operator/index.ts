export { OPERATOR_TOML, type OperatorConfig, readOperatorConfig } from "./config.ts";
export { Daemon, type DaemonStatus } from "./daemon.ts";
export { type RunningOperator, startOperator } from "./start.ts";
