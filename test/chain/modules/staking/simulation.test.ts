/**
 * Random stakes: after every block all invariants of all modules hold, a second run comes to the same state, and what is
 * exported and taken in again goes on as it was. STAKE_BLOCKS and STAKE_SEED choose length and case.
 */
import t from "tap";
import { moduleAddress } from "../../../../chain/runtime/address.ts";
import { toHex } from "../../../../chain/runtime/bytes.ts";
import { Msg as DistributionMsg } from "../../../../proto/gen/cosmos.distribution.v1beta1.ts";
import { Msg } from "../../../../proto/gen/cosmos.staking.v1beta1.ts";
import { BlockIDFlag } from "../../../../proto/gen/tendermint.types.ts";
import { Random, seedOf } from "../random.ts";
import { account, codec, consensusAddress, consensusKey, type Delivered } from "../sandbox.ts";
import { createMessage, operatorOf, Stakes, UNIT } from "./stakes.ts";

const BLOCKS = Number(process.env["STAKE_BLOCKS"] ?? 60);
t.setTimeout(600_000);
const OPERATORS = ["ann", "ben", "cat", "dan", "eve", "fay"];
const DELEGATORS = ["bob", "gus", "hal", "ida", ...OPERATORS];

class Play {
  readonly stakes: Stakes;
  readonly #random: Random;
  /** Powers as CometBFT has them, by hex of the consensus address. */
  readonly #powers = new Map<string, bigint>();
  readonly passed = new Map<string, number>();
  readonly refused = new Set<string>();

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.stakes = new Stakes(
      { maxValidators: 4, maxEntries: 3, historicalEntries: 5, unbondingTime: { seconds: 7n, nanos: 0 } },
      Object.fromEntries(DELEGATORS.map((name) => [name, 1_000_000_000n])),
    );
  }

  #count(kind: string, { error }: Delivered<unknown>): void {
    if (error) this.refused.add(`${kind}: ${error.codespace} ${error.code}`);
    else this.passed.set(kind, (this.passed.get(kind) ?? 0) + 1);
  }

  #amount(): bigint {
    const random = this.#random;
    return random.chance(30) ? 1n + random.bigint(8) : 1n + (random.bigint(32) % (20n * UNIT));
  }

  block(): void {
    const random = this.#random;
    for (let i = random.below(8); i > 0; i--) this.#operation();
    if (random.chance(8)) this.#slash();
    this.stakes.sandbox.fund(codec.format(moduleAddress("fee_collector")), random.bigint(16));
    this.stakes.sandbox.end();
    for (const { pubKey, power } of this.stakes.sandbox.updates) {
      const name = OPERATORS.find((each) => toHex(consensusKey(each)) === toHex(pubKey!.ed25519!))!;
      const address = toHex(consensusAddress(name));
      if (power === 0n) this.#powers.delete(address);
      else this.#powers.set(address, power);
    }
    const broken = this.stakes.sandbox.broken();
    if (broken.length > 0) throw new TypeError(broken.join("; "));
    const votes = OPERATORS.flatMap((name) => {
      const power = this.#powers.get(toHex(consensusAddress(name)));
      const blockIdFlag = random.chance(90)
        ? BlockIDFlag.BLOCK_ID_FLAG_COMMIT
        : BlockIDFlag.BLOCK_ID_FLAG_ABSENT;
      return power === undefined
        ? []
        : [{ validator: { address: consensusAddress(name), power }, blockIdFlag }];
    });
    this.stakes.sandbox.begin({ proposer: random.pick(OPERATORS), votes });
  }

  #operation(): void {
    const random = this.#random;
    const { stakes } = this;
    const [delegator, validator, other] = [
      random.pick(DELEGATORS),
      random.pick(OPERATORS),
      random.pick(OPERATORS),
    ];
    const dice = random.below(100);
    if (dice < 15) {
      const amount = UNIT + this.#amount();
      this.#count(
        "create",
        stakes.sandbox.deliver(Msg.methods.CreateValidator, createMessage(validator, amount)),
      );
    } else if (dice < 40) this.#count("delegate", stakes.delegate(delegator, validator, this.#amount()));
    else if (dice < 60) {
      const held = [...stakes.keeper.delegations(stakes.ctx)];
      const found = held.length > 0 && random.chance(80) ? random.pick(held) : undefined;
      const [who, from] = found ? [nameOf(found.delegator), nameOf(found.operator)] : [delegator, validator];
      this.#count("undelegate", stakes.undelegate(who, from, this.#amount()));
    } else if (dice < 75)
      this.#count("redelegate", stakes.redelegate(delegator, validator, other, this.#amount()));
    else if (dice < 83) {
      const unbondings = [...stakes.keeper.state.unbondings(stakes.ctx)];
      const found = unbondings.length > 0 ? random.pick(unbondings) : undefined;
      const entry = found?.entries[0];
      if (!found || !entry) return;
      const amount = random.chance(30) ? entry.balance : 1n + this.#amount() / 4n;
      const [who, from] = [nameOf(found.delegator), nameOf(found.operator)];
      this.#count("cancel", stakes.cancel(who, from, amount, entry.creationHeight));
    } else if (dice < 90) {
      const message = { delegatorAddress: account(delegator), validatorAddress: operatorOf(validator) };
      this.#count(
        "withdraw",
        stakes.sandbox.deliver(DistributionMsg.methods.WithdrawDelegatorReward, message),
      );
    } else if (dice < 93) {
      const message = { validatorAddress: operatorOf(validator) };
      this.#count(
        "commission",
        stakes.sandbox.deliver(DistributionMsg.methods.WithdrawValidatorCommission, message),
      );
    } else if (dice < 96) {
      const found = stakes.validator(validator);
      if (found && !found.jailed) stakes.jail(validator);
    } else if (stakes.validator(validator)?.jailed) stakes.unjail(validator);
  }

  /** Of a validator that is not unbonded, for a recent block, with the power it has now. */
  #slash(): void {
    const random = this.#random;
    const name = random.pick(OPERATORS);
    const validator = this.stakes.validator(name);
    const { height } = this.stakes.ctx.block;
    const at = height - BigInt(random.below(6));
    if (!validator || at < 1n) return;
    this.stakes.slash(
      name,
      at,
      validator.tokens / UNIT,
      random.pick(["0.0001", "0.05", "0.5", random.chance(20) ? "1" : "0.1"]),
    );
    this.passed.set("slash", (this.passed.get("slash") ?? 0) + 1);
  }
}

function nameOf(address: Uint8Array): string {
  return DELEGATORS.find((each) => account(each) === codec.format(address))!;
}

t.test("random stakes keep every invariant, and two runs come to the same state", async (t) => {
  const seed = seedOf("STAKE_SEED");
  t.comment(`seed ${seed}, ${BLOCKS} blocks`);
  const [first, second] = [new Play(seed), new Play(seed)];
  for (let block = 1; block <= BLOCKS; block++) {
    first.block();
    second.block();
    if (toHex(first.stakes.sandbox.stateHash()) === toHex(second.stakes.sandbox.stateHash())) continue;
    t.fail(`block ${block}: the states differ`);
    break;
  }
  t.comment([...first.passed].map(([kind, count]) => `${kind} ${count}`).join(", "));
  t.comment(`refused with ${[...first.refused].sort().join(", ")}`);
  for (const kind of ["create", "delegate", "undelegate", "redelegate", "cancel", "withdraw", "slash"])
    t.ok((first.passed.get(kind) ?? 0) > 0, `${kind} passes at least once`);
});

t.test("an exported state is taken in as it was, unbonding ids and all", async (t) => {
  const seed = seedOf("STAKE_SEED");
  const play = new Play(seed);
  for (let block = 0; block < 40; block++) play.block();
  const exported = play.stakes.sandbox.exported();
  const again = new Stakes({}, {}, exported, play.stakes.sandbox.height);
  t.strictSame(again.sandbox.exported(), exported);
  t.same(again.sandbox.broken(), []);
});
