"use client";
import { useTheme } from "next-themes";
import { Toaster as Sonner } from "sonner";

export function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === "light" ? "light" : "dark"}
      position="bottom-right"
      toastOptions={{
        style: {
          background: "var(--surface)",
          border: "1px solid var(--line)",
          color: "var(--ink)",
          fontFamily: "var(--font-geist-sans)",
          fontSize: "0.8125rem",
        },
      }}
    />
  );
}
