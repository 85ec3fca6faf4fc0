/** By field, in Ecto's words; those of extensions are inside a list of objects. */
export type TenantErrors = Record<string, string[] | { settings: string[] }[]>;

/** What the tenant API was told cannot be a tenant; nothing was written. */
export class InvalidTenant extends Error {
  override readonly name = "InvalidTenant";
  readonly errors: TenantErrors;

  constructor(errors: TenantErrors) {
    super("the tenant is invalid");
    this.errors = errors;
  }
}
