/** Lists whose length a transaction chooses: none may become arguments of a call, which the stack bounds (a RangeError halts). */
import t from "tap";
import { joinBytes } from "../../../chain/runtime/bytes.ts";
import { addCoins, type Coin, subtractCoins, sumCoins } from "../../../chain/runtime/coins.ts";
import { EventLog } from "../../../chain/runtime/events.ts";

/** More than the arguments that a call takes on Node's default stack, about 125,000. */
const MANY = 300_000;

function denominations(count: number): Coin[] {
  return Array.from({ length: count }, (_, i) => ({
    denom: `d${i.toString().padStart(7, "0")}`,
    amount: BigInt(i + 1),
  }));
}

t.test("sets of very many coins are added and subtracted", (t) => {
  const many = denominations(MANY);
  t.equal(addCoins(many, many).at(-1)!.amount, BigInt(2 * MANY));
  t.equal(subtractCoins(many, many)!.length, 0);
  t.equal(addCoins(many, [{ denom: "zzz", amount: 1n }]).length, MANY + 1);
  t.end();
});

t.test("a sum looks at every coin once, however many sets there are", (t) => {
  let looked = 0;
  const counted = (denom: string): Coin => ({
    denom,
    get amount() {
      looked++;
      return 1n;
    },
  });
  const wide = Array.from({ length: 500 }, (_, i) => counted(`wide${i}`));
  const sets = [wide, ...Array.from({ length: 400 }, () => [counted("narrow")])];
  t.equal(sumCoins(sets).length, 501);
  t.equal(looked, 900);
  t.end();
});

t.test("an event log takes over very many events", (t) => {
  const log = new EventLog();
  log.append(Array.from({ length: MANY }, () => ({ type: "x", attributes: [] })));
  t.equal(log.all.length, MANY);
  t.end();
});

t.test("very many byte strings are joined", (t) => {
  t.equal(joinBytes(Array.from({ length: MANY }, () => Uint8Array.of(7))).length, MANY);
  t.end();
});
