/** Starts worker threads from TypeScript source or from compiled JavaScript alike. */
import { Worker, type WorkerOptions } from "node:worker_threads";

/** Node hands `--import tsx` down to a thread too late for its first file (Node 20): the thread registers it itself. */
const FROM_SOURCE = `
const { workerData } = require("node:worker_threads");
import(workerData.tsx).then(({ register }) => { register(); return import(workerData.url); });
`;

/** A thread that runs the module `name` (such as `./worker`, without its ending) beside the module at `from`. */
export function startThread(
  name: string,
  from: string,
  options: Omit<WorkerOptions, "workerData" | "eval">,
): Worker {
  const isSource = from.endsWith(".ts");
  const url = new URL(`${name}${isSource ? ".ts" : ".js"}`, from);
  if (!isSource) return new Worker(url, options);
  const workerData = { tsx: import.meta.resolve("tsx/esm/api"), url: url.href };
  return new Worker(FROM_SOURCE, { ...options, eval: true, workerData });
}
