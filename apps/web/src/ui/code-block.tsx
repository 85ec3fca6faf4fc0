"use client";
import { Check, Copy } from "lucide-react";
import { Button } from "#ui/button.tsx";
import { cn } from "#ui/class-names.ts";
import { highlight, type Language, type TokenKind } from "#ui/highlight.ts";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { useCopy } from "#ui/use-copy.ts";

export type { Language } from "#ui/highlight.ts";

const COLOUR: Record<TokenKind, string> = {
  plain: "",
  keyword: "text-accent",
  string: "text-ok",
  number: "text-warn",
  comment: "text-faint",
  name: "text-ink",
};

interface CodeBlockProps {
  text: string;
  language: Language;
  /** What the code is, for the accessible names: "supabase-js". */
  label: string;
  /** Breaks long lines instead of scrolling: for code that is read, not run line by line. */
  wrap?: boolean;
  className?: string;
}

export function CodeBlock({ text, language, label, wrap, className }: CodeBlockProps) {
  const { copied, copy } = useCopy();
  let offset = 0;
  return (
    <div className={cn("group/code relative rounded-md border bg-inset", className)}>
      <ScrollRegion label={label} className="overflow-x-auto">
        <pre
          className={cn(
            "min-w-full p-3 pr-10 font-mono text-muted text-xs leading-5",
            wrap ? "whitespace-pre-wrap break-words" : "w-max",
          )}
        >
          <code>
            {highlight(text, language).map((token) => {
              const key = offset;
              offset += token.text.length;
              return (
                <span key={key} className={COLOUR[token.kind]}>
                  {token.text}
                </span>
              );
            })}
          </code>
        </pre>
      </ScrollRegion>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={copied ? `Copied ${label}` : `Copy ${label}`}
        onClick={() => copy(text)}
        className="absolute top-2 right-2 bg-inset"
      >
        {copied ? (
          <Check className="size-3.5 text-ok" aria-hidden />
        ) : (
          <Copy className="size-3.5" aria-hidden />
        )}
      </Button>
    </div>
  );
}
