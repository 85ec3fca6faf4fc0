import { SUITE_SEED } from "@tidewire/testkit/suite-seed";
import fc from "fast-check";

fc.configureGlobal({ seed: SUITE_SEED });
