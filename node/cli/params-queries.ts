/** The query of every module's parameters. */
import type { AnyMethod } from "../../proto/codec.ts";
import { Query as Auth } from "../../proto/gen/cosmos.auth.v1beta1.ts";
import { Query as Bank } from "../../proto/gen/cosmos.bank.v1beta1.ts";
import { Query as Consensus } from "../../proto/gen/cosmos.consensus.v1.ts";
import { Query as Distribution } from "../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Query as Gov } from "../../proto/gen/cosmos.gov.v1.ts";
import { Query as Mint } from "../../proto/gen/cosmos.mint.v1beta1.ts";
import { Query as Slashing } from "../../proto/gen/cosmos.slashing.v1beta1.ts";
import { Query as Staking } from "../../proto/gen/cosmos.staking.v1beta1.ts";
import { Query as Compute } from "../../proto/gen/opg.compute.v1.ts";
import { Query as Fees } from "../../proto/gen/opg.fees.v1.ts";
import { Query as Inference } from "../../proto/gen/opg.inference.v1.ts";
import { Query as Models } from "../../proto/gen/opg.models.v1.ts";

export const PARAMS_QUERIES: readonly AnyMethod[] = [
  Auth,
  Bank,
  Consensus,
  Distribution,
  Gov,
  Mint,
  Slashing,
  Staking,
  Compute,
  Fees,
  Inference,
  Models,
].map(({ methods }): AnyMethod => methods.Params);
