/** Whether an error says that another process has a database open: Level's own code, however deep it lies. */
export function isHeld(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ("code" in cause && cause.code === "LEVEL_LOCKED") return true;
  return false;
}
