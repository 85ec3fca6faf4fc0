/** A sentence in which `backticks` mark names. */
export function WithCode({ text }: { text: string }) {
  let offset = 0;
  return text.split("`").map((part, index) => {
    const key = offset;
    offset += part.length + 1;
    return index % 2 === 0 ? (
      <span key={key}>{part}</span>
    ) : (
      <code key={key} className="rounded-sm bg-raised px-1 font-mono text-[0.92em]">
        {part}
      </code>
    );
  });
}
