"use client";
import { Lock } from "lucide-react";
import { useState } from "react";
import { formatCount } from "#lib/format.ts";
import type { PresenceTopic } from "#server/views/presence.ts";
import { cn } from "#ui/class-names.ts";
import { Input } from "#ui/input.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";

interface TopicListProps {
  topics: readonly PresenceTopic[];
  selected: string;
  onSelect: (topic: string) => void;
}

/** More buttons than this are no list any more; the search finds the rest. */
const TOPICS_SHOWN_MAX = 300;

export function TopicList({ topics, selected, onSelect }: TopicListProps) {
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  const found = topics
    .filter(({ topic }) => topic.toLowerCase().includes(wanted))
    .sort((a, b) => b.members - a.members || a.topic.localeCompare(b.topic));
  const total = topics.reduce((sum, { members }) => sum + members, 0);
  return (
    <div className="flex min-h-0 flex-col">
      <div className="border-b p-3">
        <Input
          type="search"
          aria-label="Search topics"
          placeholder="Search topics"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      <ScrollRegion label="Topics" className="max-h-[60vh] overflow-y-auto">
        <ul>
          <li>
            <TopicButton active={selected === ""} onClick={() => onSelect("")} members={total}>
              All topics
            </TopicButton>
          </li>
          {found.slice(0, TOPICS_SHOWN_MAX).map((topic) => (
            <li key={topic.topic}>
              <TopicButton
                active={selected === topic.topic}
                onClick={() => onSelect(topic.topic)}
                members={topic.members}
                churn={topic}
              >
                <span className="truncate font-mono text-xs">{topic.topic}</span>
                {topic.private ? <Lock className="size-3 shrink-0 text-faint" aria-label="private" /> : null}
              </TopicButton>
            </li>
          ))}
        </ul>
        {found.length > TOPICS_SHOWN_MAX ? (
          <p className="p-3 text-faint text-xs">
            {formatCount(found.length - TOPICS_SHOWN_MAX)} more: search narrows them down.
          </p>
        ) : null}
      </ScrollRegion>
    </div>
  );
}

interface TopicButtonProps {
  active: boolean;
  onClick: () => void;
  members: number;
  churn?: { joins: number; leaves: number };
  children: React.ReactNode;
}

function TopicButton({ active, onClick, members, churn, children }: TopicButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={active}
      onClick={onClick}
      className={cn(
        "flex w-full items-center gap-2 border-b px-3 py-2 text-left text-sm focus-visible:-outline-offset-2",
        active ? "bg-accent-soft" : "hover:bg-raised/60",
      )}
    >
      <span className="flex min-w-0 flex-1 items-center gap-2 truncate">{children}</span>
      {churn ? (
        <span className="text-2xs text-faint" title="joins and leaves since the nodes started">
          +{formatCount(churn.joins)} −{formatCount(churn.leaves)}
        </span>
      ) : null}
      <span className="w-10 text-right">{formatCount(members)}</span>
    </button>
  );
}
