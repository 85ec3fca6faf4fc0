/** A connection URL that can be shown: the password is dots. */
export function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:@/]*):.*@/, "$1:••••@");
}
