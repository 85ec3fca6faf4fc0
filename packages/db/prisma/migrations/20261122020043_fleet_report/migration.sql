-- CreateTable
CREATE TABLE "fleet_report" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "report" JSONB NOT NULL,

    CONSTRAINT "fleet_report_pkey" PRIMARY KEY ("id")
);
