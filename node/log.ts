/** The node's log: pino's JSON lines, or one readable line each on a terminal. */
import { type DestinationStream, type Logger, pino } from "pino";

export type LogFormat = "json" | "plain";

const LEVELS: Readonly<Record<number, string>> = {
  10: "TRACE",
  20: "DEBUG",
  30: "INFO",
  40: "WARN",
  50: "ERROR",
  60: "FATAL",
};

export function createLog(options: { readonly level: string; readonly format: LogFormat }): Logger {
  const settings = { level: options.level, base: null, formatters: {} };
  return options.format === "json" ? pino(settings, process.stderr) : pino(settings, plainStream());
}

/** `12:30:05 INFO  finalized a block  height=4 txs=1` */
function plainStream(): DestinationStream {
  return {
    write: (line: string) => {
      const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown> & {
        readonly level: number;
        readonly time: number;
      };
      const clock = new Date(time).toTimeString().slice(0, 8);
      const rest = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
      process.stderr.write(
        `${clock} ${(LEVELS[level] ?? String(level)).padEnd(5)} ${String(msg ?? "")}${rest.length ? `  ${rest.join(" ")}` : ""}\n`,
      );
    },
  };
}

/** Fields as a log takes them: 64-bit numbers as text. */
export function plainFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "bigint" ? value.toString() : value]),
  );
}
