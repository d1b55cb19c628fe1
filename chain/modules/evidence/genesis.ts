import { GenesisState } from "../../../proto/gen/cosmos.evidence.v1beta1.ts";
import { toHex } from "../../runtime/bytes.ts";
import { atPath, SdkError } from "../../runtime/errors.ts";
import type { ModuleGenesis } from "../../runtime/module.ts";
import { equivocationFromAny, evidenceHash } from "./equivocation.ts";
import type { EvidenceKeeper } from "./keeper.ts";

export function evidenceGenesis(keeper: EvidenceKeeper): ModuleGenesis<GenesisState> {
  return {
    type: GenesisState,
    default: () => ({ evidence: [] }),
    validate: ({ evidence }, addresses) => {
      const seen = new Set<string>();
      for (const [index, any] of evidence.entries()) {
        atPath(`evidence[${index}]`, () => {
          const hash = toHex(evidenceHash(equivocationFromAny(any, addresses)));
          if (seen.has(hash)) throw SdkError.invalidRequest("is there twice; remove one");
          seen.add(hash);
        });
      }
    },
    init: (ctx, { evidence }) => {
      for (const any of evidence) keeper.set(ctx, equivocationFromAny(any, ctx.addresses));
      return undefined;
    },
    export: (ctx) => ({ evidence: [...keeper.all(ctx)] }),
  };
}
