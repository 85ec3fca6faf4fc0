-- CreateTable
CREATE TABLE "change_gap" (
    "id" BIGSERIAL NOT NULL,
    "project_ref" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "from_lsn" TEXT NOT NULL,
    "to_lsn" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "tables" TEXT[],
    "channels" INTEGER NOT NULL,

    CONSTRAINT "change_gap_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "change_gap_project_ref_node_at_from_lsn_key" ON "change_gap"("project_ref", "node", "at", "from_lsn");
