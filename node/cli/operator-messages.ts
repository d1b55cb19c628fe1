/** What an operator's owner sends, made from a few words: opgd operator register, update, offer and so on. */
import type { OpgClient } from "../../client/index.ts";
import { pack, QueryError } from "../../client/index.ts";
import {
  MsgBond,
  MsgRegisterOperator,
  MsgRemoveOffer,
  MsgSetOffer,
  MsgUnbond,
  type Operator,
  Verification,
} from "../../proto/gen/opg.compute.v1.ts";
import { NodeError } from "../errors.ts";
import { index, positive } from "./options.ts";
import { counter } from "./transact.ts";
import { settingsOf, textOf, updateMessage } from "./verbs/market-messages.ts";
import type { Made, MadeVerb } from "./verbs/tx.ts";
import { coinOf, decimalOf } from "./verbs/value.ts";

/** Jobs that an operator takes at one time, if it does not say. */
const DEFAULT_CAPACITY = 4;
const SHORT_FLAGS = { hot: ["hot", "--hot"], withdraw: ["withdraw", "--withdraw"] } as const;

function register(made: Made) {
  const { address } = made.sender;
  const { moniker = "", endpoint = "", details = "", ...settings } = settingsOf(made, SHORT_FLAGS);
  return [
    pack(MsgRegisterOperator, {
      operator: address,
      hotAddress: settings.hotAddress ?? address,
      withdrawAddress: settings.withdrawAddress ?? address,
      metadata: { moniker, endpoint, details },
      capacity: settings.capacity ?? DEFAULT_CAPACITY,
      bond: coinOf(made.words[0]!, "bond"),
    }),
  ];
}

async function existing(client: OpgClient, address: string): Promise<Operator> {
  try {
    return await client.market.operator(address);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new NodeError("usage", `--from: ${address} is no operator: ${error.log}`);
  }
}

async function update(made: Made) {
  const now = await existing(made.sender.client(), made.sender.address);
  return updateMessage(made, now, SHORT_FLAGS);
}

function verificationOf(made: Made): number {
  switch (textOf(made.flags, "verification")) {
    case "exact":
      return Verification.VERIFICATION_EXACT;
    case "tolerance":
      return Verification.VERIFICATION_TOLERANCE;
    default:
      throw new NodeError("usage", "--verification: give exact or tolerance");
  }
}

function offer(made: Made) {
  const [modelId, unitPrice] = made.words as [string, string];
  return [
    pack(MsgSetOffer, {
      operator: made.sender.address,
      modelId: positive(modelId, "model-id"),
      verification: verificationOf(made),
      unitPrice: decimalOf(unitPrice, "unit-price"),
      itemPrice: counter(textOf(made.flags, "itemPrice") ?? "0", "--item-price").toString(),
      maxItems: index(textOf(made.flags, "maxItems") ?? "1000", "--max-items"),
    }),
  ];
}

const WHO_FLAGS = [
  ["--hot <key>", "name or address of the key that the daemon signs with; default: the operator's own"],
  ["--withdraw <address>", "who is paid what jobs earn; default: the operator's own"],
  ["--moniker <name>", "a name for people"],
  ["--endpoint <url>", "where the operator can be reached"],
  ["--details <text>", "more about it"],
  ["--capacity <n>", "jobs that it takes at one time; default at registration: 4"],
] as const;

const VERIFICATION_FLAG = [
  "--verification <how>",
  "exact: byte for byte, by the canonical engine; tolerance: within the bounds that the model declares",
  "exact",
] as const;

/** In the order of the help. */
export const OPERATOR_VERBS: readonly MadeVerb[] = [
  { usage: "register <bond>", about: "register an operator and bond", flags: WHO_FLAGS, make: register },
  {
    usage: "update",
    about: "change what an operator says of itself; what no flag names stays",
    flags: [...WHO_FLAGS, ["--paused <bool>", "take no new jobs"]],
    make: update,
  },
  {
    usage: "bond <amount>",
    about: "add to a bond",
    make: ({ words, sender }) => [
      pack(MsgBond, { operator: sender.address, amount: coinOf(words[0]!, "amount") }),
    ],
  },
  {
    usage: "unbond <amount>",
    about: "ask a part of a bond back; it is paid after the unbonding time",
    make: ({ words, sender }) => [
      pack(MsgUnbond, { operator: sender.address, amount: coinOf(words[0]!, "amount") }),
    ],
  },
  {
    usage: "offer <model-id> <unit-price>",
    about: "offer a model at a price for a compute unit, such as 0.001",
    flags: [
      VERIFICATION_FLAG,
      ["--item-price <amount>", "added for each item", "0"],
      ["--max-items <n>", "most items of a job", "1000"],
    ],
    make: offer,
  },
  {
    usage: "remove-offer <model-id>",
    about: "offer a model no more; jobs that are assigned go on",
    flags: [VERIFICATION_FLAG],
    make: (made) => [
      pack(MsgRemoveOffer, {
        operator: made.sender.address,
        modelId: positive(made.words[0]!, "model-id"),
        verification: verificationOf(made),
      }),
    ],
  },
];
