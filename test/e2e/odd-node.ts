/**
 * A validator's node that is as others but for what it says in votes: `silent` says nothing, `liar` gives verdicts of
 * answers that nobody has found.
 *
 *     tsx test/e2e/odd-node.ts silent|liar HOME ADDRESS
 */
import type { Application } from "../../abci/index.ts";
import { untilStopped } from "../../node/cli/start.ts";
import { createLog } from "../../node/log.ts";
import { runNode } from "../../node/run/node.ts";
import { VoteExtension } from "../../proto/gen/opg.compute.v1.ts";
import { type RequestExtendVote, ResponseExtendVote } from "../../proto/gen/tendermint.abci.ts";

type Kind = "silent" | "liar";

const [kind, home, abciAddress] = process.argv.slice(2) as [Kind, string, string];

/** What the node would say, changed. */
function changed(said: Uint8Array): Uint8Array {
  if (kind === "silent" || said.length === 0) return new Uint8Array(0);
  const extension = VoteExtension.decode(said);
  const verdicts = extension.verdicts.map(({ jobId, digest }) => ({
    jobId,
    digest: digest.map((byte) => byte ^ 1),
  }));
  return VoteExtension.encode({ ...extension, verdicts });
}

function between(app: Application): Application {
  const extendVote = async (request: RequestExtendVote) => {
    const { voteExtension } = await app.extendVote(request);
    return ResponseExtendVote.create({ voteExtension: changed(voteExtension) });
  };
  return new Proxy(app, {
    get: (target, name: keyof Application) => {
      if (name === "extendVote") return extendVote;
      const value: unknown = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const log = createLog({ level: "info", format: "json" });
const node = await runNode(
  { home, comet: "external", transport: "grpc", abciAddress, overrides: { "check-invariants": true } },
  { log, env: process.env, say: (line) => log.info(line), between },
);
await untilStopped(node);
