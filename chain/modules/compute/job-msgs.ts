/** Messages of jobs: posting, answering, challenging. */
import { Msg } from "../../../proto/gen/opg.compute.v1.ts";
import { type AnyMsgRoute, msgRoute } from "../../runtime/module.ts";
import { challenge } from "./challenge.ts";
import { commit, open, reveal } from "./deliver.ts";
import type { ComputeDeps } from "./deps.ts";
import { assertPost, cancel, Posting } from "./jobs.ts";

export function jobMsgs(deps: ComputeDeps): readonly AnyMsgRoute[] {
  const { methods } = Msg;
  const posting = new Posting(deps);
  return [
    msgRoute(methods.PostJob, {
      validate: assertPost,
      handle: (ctx, msg) => ({ jobId: posting.post(ctx, msg).id }),
    }),
    msgRoute(methods.CancelJob, {
      validate: ({ requester }, addresses) => void addresses.parse(requester, "requester"),
      handle: (ctx, { requester, jobId }) => {
        cancel(ctx, deps, requester, jobId);
        return {};
      },
    }),
    msgRoute(methods.Commit, {
      validate: ({ hotAddress }, addresses) => void addresses.parse(hotAddress, "hot_address"),
      handle: (ctx, msg) => {
        commit(ctx, msg);
        return {};
      },
    }),
    msgRoute(methods.Reveal, {
      validate: ({ hotAddress }, addresses) => void addresses.parse(hotAddress, "hot_address"),
      handle: (ctx, msg) => ({ status: reveal(ctx, deps, msg).status }),
    }),
    msgRoute(methods.Open, {
      validate: ({ hotAddress }, addresses) => void addresses.parse(hotAddress, "hot_address"),
      handle: (ctx, msg) => ({ status: open(ctx, deps, msg).status }),
    }),
    msgRoute(methods.Challenge, {
      validate: ({ challenger }, addresses) => void addresses.parse(challenger, "challenger"),
      handle: (ctx, msg) => {
        challenge(ctx, deps, msg);
        return {};
      },
    }),
  ];
}
