/** evidence: validators that signed twice. SDK counterpart: x/evidence. */
import { Equivocation, Msg, Query } from "../../../proto/gen/cosmos.evidence.v1beta1.ts";
import { Any } from "../../../proto/gen/google.protobuf.ts";
import { fromHex } from "../../runtime/bytes.ts";
import { SdkError } from "../../runtime/errors.ts";
import { type Module, msgRoute, queryRoute } from "../../runtime/module.ts";
import { paginate } from "../../runtime/pagination.ts";
import { equivocationFromAny } from "./equivocation.ts";
import { evidenceGenesis } from "./genesis.ts";
import { EvidenceKeeper, type EvidenceOptions } from "./keeper.ts";
import { EVIDENCE_PREFIX, MODULE, STORE } from "./keys.ts";

export function createEvidence(options: EvidenceOptions): { readonly module: Module } {
  const keeper = new EvidenceKeeper(options);
  const { methods } = Query;
  return {
    module: {
      name: MODULE,
      stores: [STORE],
      msgs: [
        msgRoute(Msg.methods.SubmitEvidence, {
          validate: ({ submitter, evidence }, addresses) => {
            addresses.parse(submitter, "submitter");
            equivocationFromAny(evidence, addresses);
          },
          handle: (ctx, { evidence }) => keeper.submit(ctx, equivocationFromAny(evidence, ctx.addresses)),
        }),
      ],
      queries: [
        queryRoute(methods.Evidence, (ctx, { hash: text }) => {
          const hash = fromHex(text);
          if (!hash || hash.length === 0)
            throw SdkError.invalidRequest(
              `hash: ${JSON.stringify(text.slice(0, 100))} is not hexadecimal; give 64 digits`,
            );
          const evidence = keeper.find(ctx, hash);
          if (!evidence) throw SdkError.keyNotFound(`evidence ${text} not found`);
          return { evidence };
        }),
        queryRoute(methods.AllEvidence, (ctx, { pagination }) => {
          const page = paginate(ctx.store(STORE), EVIDENCE_PREFIX, pagination, (_, value) =>
            Any.decode(value),
          );
          return { evidence: page.items, pagination: page.pagination };
        }),
      ],
      types: [Equivocation],
      genesis: evidenceGenesis(keeper),
      beginBlock: (ctx) => keeper.beginBlock(ctx),
      invariants: [],
      version: 1n,
    },
  };
}
