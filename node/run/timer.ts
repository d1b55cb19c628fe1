/** Time for the engine's watchdog (ADR-0031): chain/ has none of its own. */
import type { Timer } from "../../chain/engine/thread.ts";

export const watchdogTimer: Timer = (milliseconds, due) => {
  const timeout = setTimeout(due, milliseconds);
  // What is waited for holds the process; the watchdog does not.
  timeout.unref();
  return () => clearTimeout(timeout);
};
