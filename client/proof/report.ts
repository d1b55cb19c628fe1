/** What was checked, step by step, for people to read. */
import { VerificationError, type VerificationStep } from "./errors.ts";

export interface ReportStep {
  readonly step: VerificationStep;
  readonly ok: boolean;
  /** What was compared, with the values. */
  readonly detail: string;
}

export interface Report {
  /** What is to be proven, such as `receipt 7`. */
  readonly subject: string;
  readonly ok: boolean;
  readonly steps: readonly ReportStep[];
}

/** Collects steps; the first that fails ends the proof. */
export class Reporter {
  readonly #subject: string;
  readonly #steps: ReportStep[] = [];

  constructor(subject: string) {
    this.#subject = subject;
  }

  pass(step: VerificationStep, detail: string): void {
    this.#steps.push({ step, ok: true, detail });
  }

  fail(step: VerificationStep, detail: string, cause?: unknown): never {
    this.#steps.push({ step, ok: false, detail });
    throw new VerificationError(step, detail, this.report(false), cause);
  }

  /** Passes with what `run` gives, or fails with what it throws. */
  async attempt<T>(
    step: VerificationStep,
    run: () => T | Promise<T>,
    detail: (result: T) => string,
  ): Promise<T> {
    let result: T;
    try {
      result = await run();
    } catch (error) {
      this.fail(step, error instanceof Error ? error.message : String(error), error);
    }
    this.pass(step, detail(result));
    return result;
  }

  check(step: VerificationStep, ok: boolean, passed: string, failed: string): void {
    if (ok) this.pass(step, passed);
    else this.fail(step, failed);
  }

  report(ok = true): Report {
    return { subject: this.#subject, ok, steps: [...this.#steps] };
  }
}

/** A line a step: `✓ header      height 12, hash …`. */
export function formatReport({ subject, ok, steps }: Report): string {
  const lines = steps.map((each) => `  ${each.ok ? "✓" : "✗"} ${each.step.padEnd(11)} ${each.detail}`);
  return [`${subject}: ${ok ? "proven" : "NOT proven"}`, ...lines].join("\n");
}
