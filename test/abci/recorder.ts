/** Records the calls that an application gets, in the order it gets them. */
import { type Application, baseApplication, type CallName } from "../../abci/index.ts";
import type { Recorded } from "./grammar.ts";

/** The same application, which tells `onCall` of every call before it runs; of `info`, after, with the height answered. */
export function record(app: Application, onCall: (recorded: Recorded) => void): Application {
  const methods = Object.keys(baseApplication) as (keyof Application)[];
  const wrapped = methods.map((name) => {
    const run = app[name] as (request: unknown) => unknown;
    return [
      name,
      (request: unknown) => {
        if (name === "info") {
          const answer = run.call(app, request) as { lastBlockHeight: bigint };
          onCall({ call: name, height: answer.lastBlockHeight });
          return answer;
        }
        const height = (request as { height?: bigint }).height;
        onCall(height === undefined ? { call: name } : { call: name, height });
        return run.call(app, request);
      },
    ];
  });
  return Object.fromEntries(wrapped) as Application;
}

/** One line of a recording in a file. */
export function formatRecorded({ call, height }: Recorded): string {
  return height === undefined ? `${call}\n` : `${call} ${height}\n`;
}

export function parseRecording(text: string): Recorded[] {
  // A line that a kill tore has no newline yet.
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => {
    const [call, height] = line.split(" ");
    return height === undefined
      ? { call: call as CallName }
      : { call: call as CallName, height: BigInt(height) };
  });
}
