-- AlterTable
ALTER TABLE "project" ADD COLUMN     "external_id" TEXT;

-- CreateIndex
CREATE UNIQUE INDEX "project_external_id_key" ON "project"("external_id");
