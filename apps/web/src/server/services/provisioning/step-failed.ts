/** A step could not be done; both texts are for the person who waits for the project. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  readonly remedy: string | undefined;

  constructor(message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
  }
}
