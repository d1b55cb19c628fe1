/**
 * The game of the market: everybody who may deviate, played on a chain under default parameters, and what it has in the end.
 * Figures are payoffs in uopg of one job of 10 items at 1,000,000 uopg, without what computing costs.
 */
import { decoyOrder, judgedItems } from "../../../../chain/modules/compute/hashes.ts";
import { verdictWindow } from "../../../../chain/modules/compute/window.ts";
import { JobStatus, Msg } from "../../../../proto/gen/opg.compute.v1.ts";
import { account, consensusAddress, DENOM, operatorAccount, type SandboxValidator } from "../sandbox.ts";
import { earnings, flipped, hot, Market, must, salt, VALIDATORS } from "./market.ts";

export const PRICE = 1_000_000n;
const ITEMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const { JOB_STATUS_SETTLED } = JobStatus;

export interface Play {
  readonly who: "operator" | "verifier" | "challenger" | "requester" | "proposer";
  readonly does: string;
  /** What it is compared with: the play of the same name with this `does`. */
  readonly insteadOf?: string;
  /** Whether it saves the work that honesty is paid for: then it must not gain at all. */
  readonly saves?: boolean;
  readonly play: () => bigint;
}

type Found = (validator: SandboxValidator) => readonly Uint8Array[] | undefined;

interface Actors {
  /** Accounts: of operators also their hot and withdraw address and bond, of validators their stake and rewards. */
  readonly names: readonly string[];
}

function wealth(market: Market, { names }: Actors): bigint {
  let sum = 0n;
  for (const name of names) {
    const validator = VALIDATORS.find((each) => each.name === name);
    const own = validator ? operatorAccount(name) : account(name);
    sum += market.balance(own);
    if (validator) sum += market.stake(name) + market.rewards(name);
    else if (["op", "rival"].includes(name))
      sum += market.balance(hot(name)) + market.balance(earnings(name)) + BigInt(market.operator(name).bond);
  }
  return sum;
}

function started(): Market {
  return new Market({ operators: { op: PRICE / BigInt(ITEMS.length), rival: 10n * PRICE } });
}

const MORE = { maxPrice: { denom: DENOM, amount: PRICE.toString() } };

/** Plays a game from a market without jobs to one without open jobs. @returns what the actors gained */
function gain(names: readonly string[], play: (market: Market) => void): bigint {
  const market = started();
  const before = wealth(market, { names });
  play(market);
  return wealth(market, { names }) - before;
}

function exact(
  market: Market,
  moves: {
    readonly answer?: (right: readonly Uint8Array[]) => readonly Uint8Array[];
    readonly found?: (right: readonly Uint8Array[], said: readonly Uint8Array[]) => Found;
    readonly reveals?: boolean;
    readonly challenger?: string;
    /** Blocks that verdicts are left out of. */
    readonly delay?: number;
  } = {},
): bigint {
  const id = market.assigned("EXACT", ITEMS, MORE);
  const right = market.answers(id);
  const said = moves.answer?.(right) ?? right;
  const found = moves.found?.(right, said) ?? (() => right);
  market.block(() => must(market.commit("op", id, said)));
  market.blocks(1 + (moves.delay ?? 0));
  market.block(() => {
    for (const validator of market.validators) {
      const outputs = found(validator);
      if (outputs) market.verdict(validator, id, outputs);
    }
  });
  if (moves.reveals === false) {
    market.until(id, JobStatus.JOB_STATUS_REFUTED);
    return id;
  }
  if (market.verdicts(id).reduce((sum, { power }) => sum + power, 0n) <= 66n) {
    const { until } = verdictWindow(market.job(id));
    market.blocks(Number(until - market.sandbox.height));
  }
  market.block(() => must(market.reveal("op", id, said)));
  const { challenger } = moves;
  if (challenger !== undefined && market.job(id).status === JobStatus.JOB_STATUS_VERIFIED)
    market.block(() => must(market.sandbox.deliver(Msg.methods.Challenge, { challenger, jobId: id })));
  if (market.job(id).closedHeight === 0n) market.blocks(2);
  if (market.job(id).closedHeight === 0n) market.until(id, JOB_STATUS_SETTLED);
  return id;
}

function tolerant(
  market: Market,
  moves: {
    readonly decoy?: (answer: Uint8Array) => Uint8Array;
    readonly choices?: (right: Uint8Array, validator: SandboxValidator) => Uint8Array;
  } = {},
): bigint {
  const id = market.assigned("TOLERANCE", ITEMS, MORE);
  const outputs = market.answers(id);
  market.block(() => must(market.commit("op", id, outputs)));
  market.blocks(1);
  market.block(() => must(market.show("op", id, outputs, outputs.map(moves.decoy ?? flipped))));
  market.blocks(1);
  const right = Uint8Array.from(judgedItems(market.job(id)), (index) => decoyOrder(id, salt(`${id}`), index));
  const choices = moves.choices ?? ((own: Uint8Array) => own);
  market.block(() => {
    for (const validator of VALIDATORS) market.choose(validator, id, choices(right, validator));
  });
  const { until } = verdictWindow(market.job(id));
  market.blocks(Number(until - market.sandbox.height));
  market.block(() => {
    for (const validator of VALIDATORS) market.tell(validator, id, choices(right, validator));
  });
  market.block(() => must(market.open("op", id)));
  return id;
}

/** The whole answer wrong by one bit of one item. */
const oneBit = (right: readonly Uint8Array[]) =>
  right.map((output, at) => (at === 3 ? flipped(output) : output));
/** What nobody computed. */
const garbage = (right: readonly Uint8Array[]) =>
  right.map((output, at) => (at === 0 ? flipped(output) : output));

export const GAME: readonly Play[] = [
  { who: "operator", does: "answers right", play: () => gain(["op"], (market) => void exact(market)) },
  {
    who: "operator",
    does: "answers wrong by one bit, and shows it",
    saves: true,
    play: () => gain(["op"], (market) => void exact(market, { answer: oneBit })),
  },
  {
    who: "operator",
    does: "answers wrong, sees the verdicts, and stays silent",
    saves: true,
    play: () => gain(["op"], (market) => void exact(market, { answer: oneBit, reveals: false })),
  },
  {
    who: "operator",
    does: "answers wrong, with validators of 60 % of power who pass it",
    saves: true,
    play: () =>
      gain(
        ["op", "v2", "v4"],
        (market) =>
          void exact(market, {
            answer: oneBit,
            found:
              (right, said) =>
              ({ name }) =>
                ["v2", "v4"].includes(name) ? said : right,
          }),
      ),
  },
  {
    who: "operator",
    does: "answers wrong, with validators of 70 % of power who pass it, and one challenges",
    saves: true,
    play: () =>
      gain(
        ["op", "v3", "v4"],
        (market) =>
          void exact(market, {
            answer: oneBit,
            found:
              (right, said) =>
              ({ name }) =>
                ["v3", "v4"].includes(name) ? said : right,
            challenger: operatorAccount("v1"),
          }),
      ),
  },
  {
    who: "operator",
    does: "answers wrong, and challenges itself for the reward",
    saves: true,
    play: () =>
      gain(
        ["op", "rival", "v3", "v4"],
        (market) =>
          void exact(market, {
            answer: oneBit,
            found:
              (right, said) =>
              ({ name }) =>
                ["v3", "v4"].includes(name) ? said : right,
            challenger: account("rival"),
          }),
      ),
  },
  {
    who: "operator",
    does: "is late",
    saves: true,
    play: () =>
      gain(["op"], (market) => {
        const id = market.assigned("EXACT", ITEMS, { ...MORE, deadlineBlocks: 5 });
        market.until(id, JobStatus.JOB_STATUS_POSTED);
      }),
  },
  {
    who: "operator",
    does: "commits to garbage, and cannot open it",
    saves: true,
    play: () =>
      gain(["op"], (market) => {
        const id = market.assigned("EXACT", ITEMS, MORE);
        market.block(() => must(market.commit("op", id, market.answers(id), "a salt that it forgot")));
        market.until(id, JobStatus.JOB_STATUS_REFUTED);
      }),
  },
  {
    who: "operator",
    does: "claims another's job",
    saves: true,
    play: () =>
      gain(["rival"], (market) => {
        const id = market.assigned("EXACT", ITEMS, MORE);
        if (!market.commit("rival", id, market.answers(id)).error) throw new RangeError("it was taken");
      }),
  },
  {
    who: "operator",
    does: "answers right, within tolerance",
    play: () => gain(["op"], (market) => void tolerant(market)),
  },
  {
    who: "operator",
    does: "shows decoys that are none",
    insteadOf: "answers right, within tolerance",
    saves: true,
    play: () =>
      gain(
        ["op"],
        (market) =>
          void tolerant(market, { decoy: (answer) => answer, choices: (right) => right.map(() => 2) }),
      ),
  },
  {
    who: "operator",
    does: "answers beyond tolerance",
    insteadOf: "answers right, within tolerance",
    saves: true,
    play: () =>
      gain(
        ["op"],
        (market) =>
          void tolerant(market, { choices: (right) => right.map((choice, at) => (at === 3 ? 2 : choice)) }),
      ),
  },
  {
    who: "verifier",
    does: "computes and says what it finds",
    play: () => gain(["v2"], (market) => void exact(market)),
  },
  {
    who: "verifier",
    does: "says something without computing",
    saves: true,
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void exact(market, {
            found:
              (right) =>
              ({ name }) =>
                name === "v2" ? garbage(right) : right,
          }),
      ),
  },
  {
    who: "verifier",
    does: "copies another's verdict",
    saves: true,
    play: () =>
      gain(["v2"], (market) => {
        const id = market.assigned("EXACT", ITEMS, MORE);
        const right = market.answers(id);
        market.block(() => must(market.commit("op", id, right)));
        market.blocks(1);
        const [, v2] = VALIDATORS;
        market.block(() => {
          for (const validator of VALIDATORS) if (validator !== v2) market.verdict(validator, id, right);
          const [others] = market
            .verdicts(id)
            .filter(({ validator }) => validator !== consensusAddress("v2"));
          market.say(v2!, id, others!.digest);
        });
        market.block(() => must(market.reveal("op", id, right)));
        market.until(id, JOB_STATUS_SETTLED);
      }),
  },
  {
    who: "verifier",
    does: "stays silent",
    saves: true,
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void exact(market, {
            found:
              (right) =>
              ({ name }) =>
                name === "v2" ? undefined : right,
          }),
      ),
  },
  {
    who: "verifier",
    does: "lies with 20 % of power, and the job is challenged",
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void exact(market, {
            found:
              (right) =>
              ({ name }) =>
                name === "v2" ? garbage(right) : right,
            challenger: account("rival"),
          }),
      ),
  },
  {
    who: "verifier",
    does: "computes, with 40 % of power",
    play: () => gain(["v4"], (market) => void exact(market)),
  },
  {
    who: "verifier",
    does: "lies with 40 % of power, so that the referee is called",
    insteadOf: "computes, with 40 % of power",
    play: () =>
      gain(
        ["v4"],
        (market) =>
          void exact(market, {
            found:
              (right) =>
              ({ name }) =>
                name === "v4" ? garbage(right) : right,
          }),
      ),
  },
  {
    who: "verifier",
    does: "finds a wrong answer",
    play: () => gain(["v2"], (market) => void exact(market, { answer: oneBit })),
  },
  {
    who: "verifier",
    does: "says yes to a wrong answer",
    insteadOf: "finds a wrong answer",
    saves: true,
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void exact(market, {
            answer: oneBit,
            found:
              (right, said) =>
              ({ name }) =>
                name === "v2" ? said : right,
          }),
      ),
  },
  {
    who: "verifier",
    does: "always says no, without computing, and the answer is wrong",
    insteadOf: "finds a wrong answer",
    saves: true,
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void exact(market, {
            answer: oneBit,
            found:
              (right) =>
              ({ name }) =>
                name === "v2" ? garbage(right) : right,
          }),
      ),
  },
  {
    who: "verifier",
    does: "guesses which answers are decoys",
    saves: true,
    play: () =>
      gain(
        ["v2"],
        (market) =>
          void tolerant(market, {
            choices: (right, { name }) =>
              name === "v2" ? right.map((choice, at) => (at === 3 ? 1 - choice : choice)) : right,
          }),
      ),
  },
  {
    who: "challenger",
    does: "challenges nothing",
    play: () => gain(["rival"], (market) => void exact(market)),
  },
  {
    who: "challenger",
    does: "challenges a right answer",
    play: () => gain(["rival"], (market) => void exact(market, { challenger: account("rival") })),
  },
  {
    who: "requester",
    does: "asks, and pays the answer",
    play: () => gain(["alice"], (market) => void exact(market)),
  },
  {
    who: "requester",
    does: "takes the job back before it is assigned",
    insteadOf: "",
    play: () =>
      gain(["alice"], (market) => {
        const id = market.post("EXACT", ITEMS, MORE);
        market.block(() =>
          must(market.sandbox.deliver(Msg.methods.CancelJob, { requester: account("alice"), jobId: id })),
        );
      }),
  },
  {
    who: "requester",
    does: "takes it back once an operator has it",
    insteadOf: "",
    play: () =>
      gain(["alice"], (market) => {
        const id = market.assigned("EXACT", ITEMS, MORE);
        const cancel = { requester: account("alice"), jobId: id };
        if (!market.sandbox.deliver(Msg.methods.CancelJob, cancel).error)
          throw new RangeError("it was taken");
        const right = market.answers(id);
        market.judged("op", id, right, () => right);
        market.block(() => must(market.reveal("op", id, right)));
        market.until(id, JOB_STATUS_SETTLED);
      }),
  },
  {
    who: "requester",
    does: "is the operator too",
    insteadOf: "",
    play: () => gain(["alice", "op"], (market) => void exact(market)),
  },
  {
    who: "proposer",
    does: "puts all votes into its block",
    play: () => gain(["v1"], (market) => void exact(market)),
  },
  {
    who: "proposer",
    does: "leaves votes out of its block",
    play: () => gain(["v1"], (market) => void exact(market, { delay: 1 })),
  },
];
