/** Nobody gains by leaving the rules (docs/market-game.md): every play on a chain, and the page's figures held to it. */
import { readFileSync } from "node:fs";
import t from "tap";
import { GAME, type Play } from "./game.ts";

const page = readFileSync(new URL("../../../../docs/market-game.md", import.meta.url), "utf8");
const commas = (value: bigint) => value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
const played = new Map(GAME.map((play) => [play, play.play()]));

/** What the play deviates from. */
function honesty(play: Play): Play | undefined {
  const { who, does, insteadOf } = play;
  if (GAME.some((other) => other.insteadOf === does)) return play;
  return insteadOf === undefined
    ? GAME.find((other) => other.who === who)
    : GAME.find((other) => other.who === who && other.does === insteadOf);
}

for (const [play, payoff] of played) {
  const { who, does, saves } = play;
  t.test(`${who} ${does}: ${commas(payoff)} uopg`, (t) => {
    t.ok(page.includes(`| ${who} | ${does} | ${commas(payoff)} |`), "as the page says");
    const honest = honesty(play);
    if (saves) t.ok(payoff <= 0n, "who does not work is not paid");
    if (!honest) t.ok(payoff <= 0n, "there is nothing to gain");
    else if (saves) t.ok(payoff < played.get(honest)!, "less than by honesty");
    else t.ok(payoff <= played.get(honest)!, "no more than by honesty");
    t.end();
  });
}
